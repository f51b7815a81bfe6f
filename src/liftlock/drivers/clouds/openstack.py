"""OpenStack's own APIs, asked through the front door with the administrator's credentials.

Nothing is asked twice: a request that fails has failed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1 import exceptions
from keystoneauth1.session import Session
from openstack.config import OpenStackConfig

from liftlock.cloud.model import Agent, Endpoint, Tenancy
from liftlock.errors import BadInput, Unreachable
from liftlock.knowledge.catalogue import services
from liftlock.ports.clock import Clock
"""
