"""Hypothesis strategies for the values of the tree and of signed notes."""

from hypothesis import strategies as st

from provenance import merkle

hashes = st.binary(min_size=32, max_size=32).map(merkle.Hash)
sizes = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))

_TEXT = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\x7f\x85")
_NAME = st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+")

names = (
    st.text(_NAME, min_size=1, max_size=40)
    .filter(lambda text: not text.startswith("\ufeff"))
    .map(merkle.to_key_name)
)
texts = (
    st.lists(st.text(_TEXT, max_size=30), min_size=1, max_size=6)
    .map(lambda lines: "".join(line + "\n" for line in lines))
    .filter(lambda text: not text.startswith("\ufeff"))
)
seeds = st.binary(min_size=32, max_size=32)
signature_types = st.sampled_from(merkle.SignatureType)
signer_keys = st.builds(
    merkle.SignerKey, name=names, signature_type=signature_types, seed=seeds
)
verifier_keys = st.builds(
    merkle.VerifierKey,
    name=names,
    signature_type=signature_types,
    public_key=st.binary(min_size=32, max_size=32),
)

tree_heads = sizes.flatmap(
    lambda size: st.builds(
        merkle.TreeHead,
        tree_size=st.just(size),
        root=hashes.map(merkle.RootHash) if size else st.just(merkle.EMPTY_ROOT),
    )
)
checkpoints = st.builds(
    merkle.Checkpoint,
    origin=names,
    head=tree_heads,
    extensions=st.lists(
        st.text(_TEXT, min_size=1, max_size=20).filter(
            lambda line: not line.startswith("\ufeff")
        ),
        max_size=3,
    ).map(tuple),
)
note_signatures = st.builds(
    merkle.NoteSignature,
    key_name=names,
    key_id=st.binary(min_size=4, max_size=4).map(merkle.KeyId),
    signature=st.binary(min_size=1, max_size=90),
)
notes = st.builds(
    merkle.Note,
    text=texts,
    signatures=st.lists(note_signatures, min_size=1, max_size=18).map(tuple),
)
inclusion_proofs = st.builds(
    merkle.InclusionProof,
    leaf_index=sizes,
    hashes=st.lists(hashes, max_size=63).map(tuple),
)
entry_proofs = st.builds(
    merkle.EntryProof,
    proof=inclusion_proofs,
    checkpoint=notes,
    extra=st.binary(max_size=100),
)

_widths = st.integers(1, 256)
tile_paths = st.builds(
    merkle.TilePath, level=st.integers(0, 63), index=sizes, width=_widths
)
bundle_paths = st.builds(merkle.BundlePath, index=sizes, width=_widths)
