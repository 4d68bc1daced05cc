"""What the service takes for the time a session is open. The one table of it. Pure."""

AS_OF = "2026-09"
SOURCE = "AssemblyAI's list prices of September 2026, per hour that a session is open, without add-ons and discounts."

OFFLINE = "offline"
"""The engine on this machine, as the journal names it among the models."""

DOLLARS_PER_HOUR = {
    "universal-3-6-pro": 0.45,
    "universal-3-5-pro": 0.45,
    "universal-streaming-english": 0.15,
    "universal-streaming-multilingual": 0.15,
    "whisper-rt": 0.30,
    OFFLINE: 0.0,
}


def cost(model: str, billed_seconds: float) -> float | None:
    """Dollars; None for a model whose price is not known, unless nothing is billed."""
    price = DOLLARS_PER_HOUR.get(model)
    if price is None:
        return None if billed_seconds else 0.0
    return price * billed_seconds / 3600
