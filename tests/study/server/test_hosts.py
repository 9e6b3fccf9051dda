"""Names of machines to which the study's server answers."""

import pytest

from pixcycle.study.server import app
from tests.study.server.browsing import OK


def host_status(web, host):
    return web.test_client().get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "LOCALHOST:1", "127.0.0.1:8765", "[::1]:8765", "[::1]"]
)
def test_server_accepts_host_header_of_this_machine(web, host):
    assert host_status(web, host) == OK


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "192.0.2.7",
        "[2001:db8::1]",
        "",
        "a b",
        "[::1",
        "x@localhost",
    ],
)
def test_server_refuses_foreign_host_header(web, host):
    assert host_status(web, host) == 400


def test_server_accepts_host_header_that_the_user_allows(study, pairs):
    web = app({study: pairs}, hosts=["study.example", "2001:DB8::1", "Example.ORG"])
    for host in ("study.example:80", "[2001:db8::1]:8765", "example.org"):
        assert host_status(web, host) == OK
    assert host_status(web, "other.example") == 400


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_server_on_all_addresses_accepts_any_number_but_no_name(study, pairs, address):
    web = app({study: pairs}, hosts=[address])
    assert host_status(web, "192.0.2.7:8765") == OK and host_status(web, "[2001:db8::1]:8765") == OK
    assert host_status(web, "evil.example") == 400
