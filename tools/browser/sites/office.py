"""An office: a form to write to it, an application in steps, an account behind a password."""

from dataclasses import dataclass
from html import escape
from json import dumps
from random import Random
from typing import Any

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
    slug,
    switch,
    text_field,
    worded,
)

_TOPICS = ("General", "Opening hours", "Complaint", "Lost property")
_LANGUAGES = ("English", "Deutsch", "Français")
_DAYS = ("Monday", "Tuesday", "Thursday")
_HOURS = ("9:00", "11:30", "15:00")


@dataclass(frozen=True)
class _Office:
    rooms: tuple[str, ...]
    user: str
    password: str

    def navigate(self, level: int, random: Random) -> SiteTask:
        room = random.choice(self.rooms)
        steps = f'On the website, click "Rooms", then click "{room} room", and stay on that page.'
        aim = f"On the website, open the page of the room that is called {room}, and stay there."
        return SiteTask(worded(level, steps, aim), page=f"/rooms/{slug(room)}")

    def form(self, level: int, random: Random) -> SiteTask:
        name, topic, room = random.choice(PEOPLE), random.choice(_TOPICS[1:]), self.rooms[0]
        message = f"Please call me about the {room} room."
        steps = (
            f'On the website, click "Contact", type "{name}" in the field "Your name", select "{topic}" in '
            f'"Topic", type "{message}" in the field "Message", then click "Send message".'
        )
        aim = (
            f"Send the office a message through its website, in the name of {name}, with the topic "
            f"{topic.lower()} and exactly these words: {message}"
        )
        kept = {"name": name, "topic": topic, "message": message}
        return SiteTask(worded(level, steps, aim), state={"contact": kept})

    def workflow(self, level: int, random: Random) -> SiteTask:
        name, room = random.choice(PEOPLE), random.choice(self.rooms[1:])
        day, hour = random.choice(_DAYS[1:]), random.choice(_HOURS[1:])
        steps = (
            f'On the website, click "Book a room", type "{name}" in the field "Your name", click "Next", '
            f'select "{room}" in "Room", select "{day}" in "Day", select "{hour}" in "Hour", click '
            '"Continue", then click "Confirm booking".'
        )
        aim = f"Book the {room} room on the website for {name}, on {day} at {hour}, up to the confirmation."
        booking = {
            "person": {"name": name},
            "place": {"room": room, "day": day, "hour": hour},
            "confirmed": True,
        }
        return SiteTask(worded(level, steps, aim), state={"booking": booking})

    def account(self, level: int, random: Random) -> SiteTask:
        language = random.choice(_LANGUAGES[1:])
        entry = (
            f'type "{self.user}" in the field "User name", type "{self.password}" in the field '
            '"Password", click "Enter"'
        )
        steps = f'On the website, click "Sign in", {entry}, then select "{language}" in "Language".'
        aim = (
            f"Sign in on the website as {self.user} with the password {self.password}. Let letters come in "
            f"{language}, and see to it that no newsletter comes any more. Sign out in the end."
        )
        said = worded(level, steps, aim)
        if said == steps:
            state: dict[str, Any] = {
                "session": {"user": self.user},
                "settings": {"language": language},
            }
        else:
            state = {"settings": {"language": language, "newsletter": False}}
        return SiteTask(said, state=state)


def office(text: str, random: Random) -> Site:
    """Draw an office whose rooms bear names of the document."""
    title, *rooms = names(text, random, 5)
    user = slug(random.choice(PEOPLE)).replace("-", ".")
    made = _Office(tuple(rooms), user, f"{slug(title)}-{random.randint(10, 99)}")
    head = navigation(
        {
            "Home": "/",
            "Rooms": "/rooms",
            "Book a room": "/book",
            "Contact": "/contact",
            "Sign in": "/sign-in",
        }
    )
    return Site(
        {
            path: Page(name, f"{head}<h1>{name}</h1>{body}")
            for path, (name, body) in _bodies(made, title, sentences(text, 5), random).items()
        },
        {
            "navigate": made.navigate,
            "form": made.form,
            "workflow": made.workflow,
            "account": made.account,
        },
    )


def _bodies(
    made: _Office, title: str, said: list[str], random: Random
) -> dict[str, tuple[str, str]]:
    room_links = "".join(
        f"<p>{link(f'/rooms/{slug(room)}', f'{room} room')}</p>" for room in made.rooms
    )
    rooms = {
        f"/rooms/{slug(room)}": (
            f"{room} room",
            f"<p>{random.randint(4, 40)} seats. {escape(said[n % len(said)])}</p>",
        )
        for n, room in enumerate(made.rooms)
    }
    needs = escape(dumps({"user": made.user, "password": made.password}))
    person, topics = text_field("Your name", "name"), choice("Topic", _TOPICS, 'name="topic"')
    place = "".join(
        choice(label, options, f'name="{label.lower()}"')
        for label, options in (("Room", made.rooms), ("Day", _DAYS), ("Hour", _HOURS))
    )
    return {
        "/": (f"{title} office", f"<p>{escape(said[0])}</p>"),
        "/rooms": ("Rooms", room_links),
        **rooms,
        "/contact": (
            "Contact",
            f'<form data-save="contact" data-next="/sent">{person}{topics}'
            f"{text_field('Message', 'message')}<button>Send message</button></form>",
        ),
        "/sent": ("Message sent", '<p>We got: <span data-show="contact"></span></p>'),
        "/book": (
            "Book a room",
            f'<form data-save="booking.person" data-next="/book/place">{person}'
            "<button>Next</button></form>",
        ),
        "/book/place": (
            "Room and time",
            f'<form data-save="booking.place" data-next="/book/confirm">{place}'
            "<button>Continue</button></form>",
        ),
        "/book/confirm": (
            "Confirm",
            '<p>Booking: <span data-show="booking"></span></p>'
            '<p data-unless="booking.confirmed"><button data-set="booking.confirmed" data-value="true">'
            'Confirm booking</button></p><p data-when="booking.confirmed">It is booked.</p>',
        ),
        "/sign-in": (
            "Sign in",
            f'<form data-save="session" data-next="/account" data-needs="{needs}">'
            f"{text_field('User name', 'user')}{text_field('Password', 'password', 'password')}"
            '<p class="error">User name or password is wrong.</p><button>Enter</button></form>',
        ),
        "/account": (
            "Account",
            f'<p data-unless="session">{link("/sign-in", "Sign in")} first.</p>'
            '<div data-when="session"><p>Signed in: <span data-show="session"></span></p>'
            f"{choice('Language', _LANGUAGES, _LANGUAGE)}"
            f"{switch('Newsletter', 'settings.newsletter', on=True)}"
            '<p><button data-set="session" data-next="/">Sign out</button></p></div>',
        ),
    }


_LANGUAGE = 'data-bind="settings.language"'
