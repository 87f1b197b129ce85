"""Generalised advantage estimation (Schulman et al., arXiv 1506.02438), over rows padded on the right."""

from typing import Any

from ....tools.optional import optional
from .work import EXTRA


def advantages(paid: Any, values: Any, own: Any, gamma: float, lam: float) -> tuple[Any, Any]:
    """Return the advantages of each token, whitened over all that count, and the returns.

    `own` says which tokens the policy wrote; those of one row follow each other.
    """
    torch = optional("torch", EXTRA)
    gains, ahead = torch.zeros_like(paid), torch.zeros_like(paid[:, 0])
    following = torch.zeros_like(ahead)
    for at in reversed(range(paid.shape[1])):
        here = own[:, at]
        surprise = paid[:, at] + gamma * following - values[:, at]
        ahead = torch.where(here, surprise + gamma * lam * ahead, torch.zeros_like(ahead))
        following = torch.where(here, values[:, at], torch.zeros_like(ahead))
        gains[:, at] = ahead
    returns = gains + values
    counted = gains[own]
    spread = counted.std(unbiased=False)
    return (gains - counted.mean()) / (spread + 1e-8) * own, returns
