"""What the made-up old release maps: depots with bays, crates in them, their papers, and who may enter."""

import json

import sqlalchemy as sa
from sqlalchemy import orm

Model = orm.declarative_base()


class Papers(sa.TypeDecorator):
    """A document in a text, as oslo.db's `JsonEncodedDict` keeps it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return json.dumps(value or {})

    def process_result_value(self, value, dialect):
        return json.loads(value or "{}")


class Marked:
    """Rows are marked as deleted and stay, as with oslo.db's `SoftDeleteMixin`."""

    updated_at = sa.Column(sa.DateTime, onupdate=lambda: None)
    deleted_at = sa.Column(sa.DateTime)
    deleted = sa.Column(sa.Integer, default=0)


class Depot(Model, Marked):
    __tablename__ = "depots"

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=True)
    name = sa.Column(sa.String(64), nullable=False)
    town = sa.Column(sa.String(64))
    open = sa.Column(sa.Boolean, nullable=False, default=True)
    area = sa.Column(sa.Numeric(10, 2))
    built = sa.Column(sa.DateTime)
    rank = sa.Column(sa.Integer, default=5)
    lane = sa.Column(sa.String(16), nullable=False, server_default="left")
    papers = sa.Column(Papers)


class Bay(Model):
    __tablename__ = "bays"
    __table_args__ = (sa.UniqueConstraint("depot_id", "number"),)

    id = sa.Column(sa.String(36), primary_key=True)
    depot_id = sa.Column(sa.Integer, sa.ForeignKey("depots.id"), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    label = sa.Column(sa.String(32), nullable=False)
    kind = sa.Column(sa.Enum("dry", "cold", "wet"), nullable=False, default="dry")

    depot = orm.relationship(Depot, lazy="joined")


class Crate(Model):
    __tablename__ = "crates"

    id = sa.Column(sa.String(36), primary_key=True)
    bay_id = sa.Column(sa.String(36))
    content = sa.Column(sa.Text)
    weight = sa.Column(sa.Integer)
    state = sa.Column(sa.String(16), default="new")
    sealed = sa.Column(sa.Boolean, default=False)

    bay = orm.relationship(Bay, primaryjoin=Bay.id == orm.foreign(bay_id), lazy="subquery", viewonly=True)


keys = sa.Table(
    "keys",
    Model.metadata,
    sa.Column("depot_id", sa.Integer, nullable=False),
    sa.Column("holder", sa.String(64), nullable=False),
)
