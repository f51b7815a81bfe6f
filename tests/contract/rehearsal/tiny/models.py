"""What the made-up old release maps: widgets with owners, parts of widgets, labels that nobody refers to."""

import sqlalchemy as sa
from sqlalchemy import orm

Model = orm.declarative_base()


class Owner(Model):
    __tablename__ = "owners"

    id = sa.Column(sa.String(36), primary_key=True)
    name = sa.Column(sa.String(255), nullable=False)


class Widget(Model):
    __tablename__ = "widgets"

    id = sa.Column(sa.String(36), primary_key=True)
    name = sa.Column(sa.String(255))
    owner_id = sa.Column(sa.String(36), sa.ForeignKey("owners.id"))
    size = sa.Column(sa.Integer, nullable=False)
    colour = sa.Column(sa.Enum("red", "green"))
    active = sa.Column(sa.Boolean, nullable=False, default=False)
    note = sa.Column(sa.String(255))
    state = sa.Column(sa.String(16), nullable=False, server_default="new")
    weight = sa.Column(sa.Integer, default=0)

    owner = orm.relationship(Owner, lazy="joined")


class Part(Model):
    __tablename__ = "parts"

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=True)
    widget_id = sa.Column(sa.String(36), nullable=False)
    label = sa.Column(sa.String(255), nullable=False)
    amount = sa.Column(sa.BigInteger)

    widget = orm.relationship(
        Widget, primaryjoin=Widget.id == orm.foreign(widget_id), lazy="subquery", viewonly=True
    )


class Label(Model):
    __tablename__ = "labels"

    id = sa.Column(sa.Integer, primary_key=True, autoincrement=True)
    word = sa.Column(sa.String(64), nullable=False)
