"""Known answers of other implementations, and where their files are.

Constants are from the published tests of Certificate Transparency, the C2SP
specifications, tessera and sunlight. Files are read in place, never copied.
"""

import os
from pathlib import Path
from typing import Any

import pytest

REAL_DATA = Path(
    os.environ.get("PROVENANCE_REAL_DATA")
    or Path(__file__).parents[2] / ".." / "shared" / "data"
)
TLOG_VECTORS = REAL_DATA / "tlog-vectors"
TESSERA_LOG = TLOG_VECTORS / "tessera-log"
ABSENT = f"no third-party vectors in {TLOG_VECTORS}: set PROVENANCE_REAL_DATA"

needs_vectors = pytest.mark.skipif(not TLOG_VECTORS.is_dir(), reason=ABSENT)


def probe_params(kind: str) -> list[Any]:
    """Return one test parameter for each probe file of a kind."""
    folder = TLOG_VECTORS / kind
    if not folder.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]
    paths = sorted(folder.rglob("*.json"))
    return [pytest.param(path, id=str(path.relative_to(folder))) for path in paths]


# The reference tree of Certificate Transparency: entries, leaf hashes, and the
# roots of the first 0, 1, 2 ... of them.
CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_LEAVES = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

_LEFT_PAIR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_RIGHT_PAIR = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_MIDDLE_PAIR = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_RIGHT_HALF = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_RIGHT_THREE = "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e"

CT_INCLUSION = [  # index, size, hashes
    (0, 8, [CT_LEAVES[1], _LEFT_PAIR, _RIGHT_HALF]),
    (5, 8, [CT_LEAVES[4], _RIGHT_PAIR, CT_ROOTS[4]]),
    (2, 3, [CT_ROOTS[2]]),
    (1, 5, [CT_LEAVES[0], _LEFT_PAIR, CT_LEAVES[4]]),
    (6, 7, [_MIDDLE_PAIR, CT_ROOTS[4]]),
]
CT_CONSISTENCY = [  # older size, newer size, hashes
    (1, 8, [CT_LEAVES[1], _LEFT_PAIR, _RIGHT_HALF]),
    (6, 8, [_MIDDLE_PAIR, _RIGHT_PAIR, CT_ROOTS[4]]),
    (2, 5, [_LEFT_PAIR, CT_LEAVES[4]]),
    (4, 8, [_RIGHT_HALF]),
    (7, 8, [CT_LEAVES[6], CT_LEAVES[7], _MIDDLE_PAIR, CT_ROOTS[4]]),
    (3, 7, [CT_LEAVES[2], CT_LEAVES[3], CT_ROOTS[2], _RIGHT_THREE]),
]

# The example of the signed-note specification.
FOO_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZ"
    "XsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# The log in tessera's testdata and its published test key.
TESSERA_SIGNER = (
    "PRIVATE+KEY+example.com/log/testdata+33d7b496+"
    "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
)
TESSERA_VKEY = (
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)
TESSERA_ENTRIES = (
    b"one two three four five six seven eit nain ten ileven twelf threeten fourten "
    b"fivten"
).split()
TESSERA_ROOTS = {
    1: "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=",
    5: "gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=",
    15: "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=",
}
TESSERA_CHECKPOINT_15 = (
    "example.com/log/testdata\n"
    "15\n"
    "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n"
    "\n"
    "— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKub"
    "Mt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n"
).encode()
TESSERA_BUNDLE_5 = bytes.fromhex(
    "00036f6e65000374776f000574687265650004666f7572000466697665"
)

# A five-leaf log made for this project and checked with other implementations.
OWN_SEED = bytes(range(32))
OWN_NAME = "ledger.example/training-data"
OWN_VKEY = (
    "ledger.example/training-data+e5102f38+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
)
OWN_ENTRIES = [b"row-%d" % number for number in range(5)]
OWN_ROOT_3 = "WnPRFYGF0bdHuyrvvI1Ba/P99zEfiXqgiVGlXLS8c+c="
OWN_ROOT_5 = "0IQtaQmzOSVmKQhTvcLFYUNnEMTwRe71k0w/Q7cmyN4="
OWN_INCLUSION_3_OF_5 = [
    "cyUSFxow59LPePJYzGmimAnOuIpw2yfSVXgibaTR0Oo=",
    "un/2FEpuGuUZvhjpAIurOHiPf09bDN78r6d3Ahyg+4I=",
    "L7wlR+Q01zwN5GkXZd9dVgddCz+aQ91yr5NbPjkw90A=",
]
OWN_SIGNATURE_5 = (
    "— ledger.example/training-data 5RAvOFRHs14WVyZn8BgJSPUQJ4l6vjkVH4KkVEG0JcavCk6A"
    "WxmHz66h/hH4f3esPeRMMLLXj27bb1o5ZkuWTSMvegk="
)

# A cosignature by the mirror in sunlight's tests.
MIRROR_VKEY = "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"
MIRROR_NOTE = (
    "rome2026h1.example.org\n"
    "300\n"
    "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n"
    "\n"
    "— mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJ"
    "zXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n"
).encode()
MIRROR_TIME = 1767139200

# An entry of a public log of certificates, proved by Certificate Transparency's tests
# (google/certificate-transparency, python/ct/crypto/merkle_test.py).
PUBLIC_INDEX, PUBLIC_SIZE = 848_049, 3_630_887
PUBLIC_LEAF = "7a395c866d5ecdb0cccb623e011dbc392cd348d1d1d72776174e127a24b09c78"
PUBLIC_ROOT = "78316a05c9bcf14a3a4548f5b854a9adfcd46a4c034401b3ce7eb7ac2f1d0ecb"
PUBLIC_PATH = [
    "1a208aeebcd1b39fe2de247ee8db9454e1e93a312d206b87f6ca9cc6ec6f1ddd",
    "0a1b78b383f580856f433c01a5741e160d451c185910027f6cc9f828687a40c4",
    "3d1745789bc63f2da15850de1c12a5bf46ed81e1cc90f086148b1662e79aab3d",
    "9095b61e14d8990acf390905621e62b1714fb8e399fbb71de5510e0aef45affe",
    "0a332b91b8fab564e6afd1dd452449e04619b18accc0ff9aa8393cd4928451f2",
    "2336f0181d264aed6d8f3a6507ca14a8d3b3c3a23791ac263e845d208c1ee330",
    "b4ce56e300590500360c146c6452edbede25d4ed83919278749ee5dbe178e048",
    "933f6ddc848ea562e4f9c5cfb5f176941301dad0c6fdb9d1fbbe34fac1be6966",
    "b95a6222958a86f74c030be27c44f57dbe313e5e7c7f4ffb98bcbd3a03bb52f2",
    "daeeb3ce5923defd0faeb8e0c210b753b85b809445d7d3d3cd537a9aabaa9c45",
    "7fadd0a13e9138a2aa6c3fdec4e2275af233b94812784f66bcca9aa8e989f2bc",
    "1864e6ba3e32878610546539734fb5eeae2529991f130c575c73a7e25a2a7c56",
    "12842d1202b1dc6828a17ab253c02e7ce9409b5192430feba44189f39cc02d66",
    "29af64b16fa3053c13d02ac63aa75b23aa468506e44c3a2315edc85d2dc22b11",
    "b527b99934a0bd9edd154e449b0502e2c499bba783f3bc3dfe23364b6b532009",
    "4584db8ae8e351ace08e01f306378a92bfd43611714814f3d834a2842d69faa8",
    "86a9a41573b0d6e4292f01e93243d6cc65b30f06606fc6fa57390e7e90ed580f",
    "a88b98fbe84d4c6aae8db9d1605dfac059d9f03fe0fcb0d5dff1295dacba09e6",
    "06326dc617a6d1f7021dc536026dbfd5fffc6f7c5531d48ef6ccd1ed1569f2a1",
    "f41fe8fdc3a2e4e8345e30216e7ebecffee26ff266eeced208a6c2a3cf08f960",
    "40cf5bde8abb76983f3e98ba97aa36240402975674e120f234b3448911090f8d",
    "b3222dc8658538079883d980d7fdc2bef9285344ea34338968f736b04aeb387a",
]
