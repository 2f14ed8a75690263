"""The verifiers of proofs as questions: silence is yes, a refusal is no."""

from provenance import merkle
from provenance.errors import VerificationError


def make_head(tree_size: int, root: bytes) -> merkle.TreeHead:
    return merkle.TreeHead(tree_size=tree_size, root=merkle.RootHash(merkle.Hash(root)))


def make_proof(leaf_index: int, proof: list[bytes]) -> merkle.InclusionProof:
    return merkle.InclusionProof(
        leaf_index=leaf_index, hashes=tuple(map(merkle.Hash, proof))
    )


def is_included(
    leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes
) -> bool:
    try:
        merkle.verify_inclusion(
            merkle.LeafHash(merkle.Hash(leaf)),
            make_proof(index, proof),
            make_head(size, root),
        )
    except VerificationError:
        return False
    return True


def is_consistent(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: list[bytes]
) -> bool:
    try:
        merkle.verify_consistency(
            make_head(size1, root1),
            make_head(size2, root2),
            [merkle.Hash(node) for node in proof],
        )
    except VerificationError:
        return False
    return True
