"""Keep the stock of a small shop: what is there, what was sold, and what must be ordered again."""

from dataclasses import dataclass, field


@dataclass
class Article:
    """One article on the shelf."""

    name: str
    price: float
    quantity: int = 0
    sales: list[int] = field(default_factory=list)


def receive(article: Article, quantity: int) -> int:
    """Add a delivery to the shelf and return the new quantity.

    Args:
        article: The article that was delivered.
        quantity: How many pieces arrived; must be positive.
    """
    if quantity <= 0:
        raise ValueError(f"a delivery of {quantity} pieces is none")
    article.quantity += quantity
    return article.quantity


def sell(article: Article, quantity: int) -> float:
    """Take pieces off the shelf and return what the customer pays.

    Args:
        article: The article that is sold.
        quantity: How many pieces; at most what is on the shelf.
    """
    if quantity > article.quantity:
        raise ValueError(f"only {article.quantity} of {article.name} are left")
    article.quantity -= quantity
    article.sales.append(quantity)
    return round(article.price * quantity, 2)


def reorder_point(article: Article, lead_time_days: int, safety_stock: int = 5) -> int:
    """Return the quantity at which the article must be ordered again.

    Args:
        article: The article, with its sales of the past days.
        lead_time_days: Days between an order and its delivery.
        safety_stock: Pieces that should remain when the delivery arrives.
    """
    daily = sum(article.sales) / len(article.sales) if article.sales else 0.0
    return round(daily * lead_time_days) + safety_stock


def stock_value(articles: list[Article]) -> float:
    """Return the value of everything on the shelf at sales prices."""
    return round(sum(article.price * article.quantity for article in articles), 2)
