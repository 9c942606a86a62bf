"""Signs in at the provider's own pages as a person would: follows its addresses, fills in its forms."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx

ACTION = re.compile(r'<form[^>]*action="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
STEPS_MAX = 20


def sign_in(client: httpx.Client, address: str, account: str, until: str) -> httpx.URL:
    """Return the address, beginning with ``until``, that the provider sends the browser back to; it isn't opened."""
    answer = client.get(address, follow_redirects=False)
    for _ in range(STEPS_MAX):
        if answer.is_redirect:
            onward = urljoin(str(answer.url), answer.headers["location"])
            if onward.startswith(until):
                return httpx.URL(onward)
            answer = client.get(onward, follow_redirects=False)
            continue
        action, hidden = ACTION.search(answer.text), dict(HIDDEN.findall(answer.text))
        assert action is not None, (answer.status_code, answer.text[:2000])
        filled = hidden | ({"login": account, "password": "any"} if hidden.get("prompt") == "login" else {})
        answer = client.post(urljoin(str(answer.url), action[1]), data=filled, follow_redirects=False)
    raise AssertionError("the provider leads nowhere")
