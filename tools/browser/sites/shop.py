"""A shop: products to find, filter and compare, a cart, a checkout, pages of help."""

from dataclasses import dataclass
from html import escape
from random import Random

from ..pages import Page
from .site import (
    PEOPLE,
    Site,
    SiteTask,
    choice,
    link,
    names,
    navigation,
    sentences,
    text_field,
    worded,
)

_THINGS = ("lamp", "kettle", "notebook", "backpack", "mug", "blanket", "clock", "chair")
_COLOURS = ("blue", "green", "red")
_DELIVERY = ("Standard", "Express", "Collect in the shop")
_STREETS = ("4 Mill Lane", "17 Harbour Road", "2 Station Square", "31 Hill Street")


@dataclass(frozen=True)
class _Product:
    code: str
    name: str
    price: int
    colour: str
    stars: int
    grams: int

    @property
    def path(self) -> str:
        return f"/products/{self.code}"

    @property
    def row(self) -> str:
        return (
            f'<p class="row" data-colour="{self.colour}">{link(self.path, self.name)} {self.colour}, '
            f"{self.price} euros, {self.stars} of 5 stars</p>"
        )

    @property
    def page(self) -> str:
        return (
            f"<h1>{escape(self.name)}</h1><p>Code {self.code}. Colour: {self.colour}. "
            f"Weight: {self.grams} grams.</p><p>{self.price} euros, {self.stars} of 5 stars</p>"
            f'<p><button data-add="cart.{self.code}">Add to cart</button></p>'
            f'<p>In your cart: <span data-show="cart">nothing</span></p>'
        )


@dataclass(frozen=True)
class _Shop:
    products: tuple[_Product, ...]
    days: int
    fee: int

    def navigate(self, level: int, random: Random) -> SiteTask:
        title, path, aim = random.choice(
            (
                ("Returns", "/help/returns", "says how long one may send things back"),
                ("Delivery", "/help/delivery", "says what sending a parcel costs"),
            )
        )
        steps = f'On the website, click "Help", then click "{title}", and stay on that page.'
        return SiteTask(
            worded(level, steps, f"On the website, open the page that {aim}, and stay there."),
            page=path,
        )

    def search_and_filter(self, level: int, random: Random) -> SiteTask:
        product = random.choice(self.products)
        alike = [p for p in self.products if p.colour == product.colour]
        dearest = max(alike, key=lambda p: p.price)
        steps = (
            f'On the website, click "Products", type "{product.name}" in the field "Search", then click '
            f'"{product.name}", and stay on its page.'
        )
        aim = (
            f"On the website, find the most expensive {product.colour} product, open its page, and stay "
            "there."
        )
        said = worded(level, steps, aim)
        return SiteTask(said, page=product.path if said == steps else dearest.path)

    def extract(self, level: int, random: Random) -> SiteTask:
        product = random.choice(self.products)
        ask = f"How many grams does {product.name} weigh? Answer with the number."
        steps = f'On the website, click "Products", then click "{product.name}". {ask}'
        return SiteTask(
            worded(level, steps, f"{ask} The shop on the website tells."),
            says=(str(product.grams),),
            others=tuple(str(p.grams) for p in self.products if p is not product),
        )

    def compare(self, level: int, random: Random) -> SiteTask:
        stars = random.choice(sorted({p.stars for p in self.products})[-2:])
        best = min((p for p in self.products if p.stars >= stars), key=lambda p: p.price)
        ask = f"which product is the cheapest of those with at least {stars} of 5 stars"
        steps = f'On the website, click "Products". Answer with the product\'s name: {ask}?'
        aim = (
            f"Find out on the website {ask}, and how many grams it weighs. Answer with name and weight in "
            "one line."
        )
        said = worded(level, steps, aim)
        says = (best.name,) if said == steps else (best.name, str(best.grams))
        others = tuple(p.name for p in self.products if p is not best)
        return SiteTask(said, says=says, others=others)

    def purchase(self, level: int, random: Random) -> SiteTask:
        product, buyer, street = (
            random.choice(self.products),
            random.choice(PEOPLE),
            random.choice(_STREETS),
        )
        delivery = random.choice(_DELIVERY[1:])
        cheapest = min(
            (p for p in self.products if p.colour == product.colour), key=lambda p: p.price
        )
        steps = (
            f'On the website, click "Products", click "{product.name}", click "Add to cart", click "Cart", '
            f'click "Checkout", type "{buyer}" in the field "Name", type "{street}" in the field "Address", '
            f'select "{delivery}" in "Delivery", then click "Place order".'
        )
        many = level - 1
        aim = (
            f"On the website, buy {many} pieces of the cheapest {product.colour} product for {buyer}, "
            f"{street}. Delivery: {delivery.lower()}. Put nothing else into the cart."
        )
        order = {"name": buyer, "address": street, "delivery": delivery}
        said = worded(level, steps, aim)
        cart = {product.code: 1} if said == steps else {cheapest.code: many}
        return SiteTask(said, state={"cart": cart, "order": order})


def shop(text: str, random: Random) -> Site:
    """Draw a shop whose products bear names of the document."""
    title, *words = names(text, random, 7)
    prices = random.sample(range(9, 90), len(words))
    grams = random.sample(range(120, 980), len(words))
    things = random.sample(_THINGS, len(words))
    products = tuple(
        _Product(
            f"K{101 + n}",
            f"{word} {things[n]}",
            prices[n],
            random.choice(_COLOURS),
            random.randint(1, 5),
            grams[n],
        )
        for n, word in enumerate(words)
    )
    made = _Shop(products, random.randint(10, 40), random.randint(2, 9))
    head = navigation({"Home": "/", "Products": "/products", "Cart": "/cart", "Help": "/help"})
    lists = "".join(product.row for product in products)
    delivery = choice("Delivery", _DELIVERY, 'name="delivery"')
    colours = "".join(f"<option>{colour}</option>" for colour in _COLOURS)
    bodies = {
        "/": (f"{title} shop", f"<h1>{title} shop</h1><p>{escape(sentences(text, 1)[0])}</p>"),
        "/products": (
            "Products",
            '<h1>Products</h1><p><label>Search <input data-filter="text"></label> <label>Colour '
            f'<select data-filter="colour"><option value="">any</option>{colours}</select></label></p>'
            f"{lists}",
        ),
        **{product.path: (product.name, product.page) for product in products},
        "/cart": (
            "Cart",
            '<h1>Cart</h1><p>In your cart: <span data-show="cart">nothing</span></p>'
            f'<p data-when="cart">{link("/checkout", "Checkout")}</p>'
            '<p data-when="cart"><button data-set="cart">Empty the cart</button></p>',
        ),
        "/checkout": (
            "Checkout",
            '<h1>Checkout</h1><form data-save="order" data-next="/thanks">'
            f"{text_field('Name', 'name')}{text_field('Address', 'address')}"
            f"{delivery}<button>Place order</button></form>",
        ),
        "/thanks": ("Thank you", '<h1>Thank you</h1><p>Order: <span data-show="order"></span></p>'),
        "/help": (
            "Help",
            f"<h1>Help</h1><p>{link('/help/returns', 'Returns')} "
            f"{link('/help/delivery', 'Delivery')}</p>",
        ),
        "/help/returns": (
            "Returns",
            f"<h1>Returns</h1><p>Send things back within {made.days} days.</p>",
        ),
        "/help/delivery": (
            "Delivery",
            f"<h1>Delivery</h1><p>A parcel costs {made.fee} euros.</p>",
        ),
    }
    return Site(
        {path: Page(name, f"{head}{body}") for path, (name, body) in bodies.items()},
        {
            "navigate": made.navigate,
            "search_and_filter": made.search_and_filter,
            "extract": made.extract,
            "compare": made.compare,
            "purchase": made.purchase,
        },
    )
