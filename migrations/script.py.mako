"""${message}

Rules: imports only sqlalchemy and alembic, never this package (live code changes,
history must not). Linear, named NNNN_verb_object. Rows that are in the log are never
rewritten. Views are not created here. There is no way down: a backup is the way back.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
