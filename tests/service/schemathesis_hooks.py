"""What schemathesis sends where the OpenAPI document can only say that it is a file."""

import schemathesis
from hypothesis import strategies as st

from service.bodies import BYTES
from tests.service.foreign.conftest import PNGS

_files = st.sampled_from(PNGS)
schemathesis.openapi.format("binary", _files)
schemathesis.openapi.media_type("image/*", _files)
schemathesis.openapi.media_type(BYTES, _files)
