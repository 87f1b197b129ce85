"""A community: topics with posts to like and to answer, and members to follow."""

from dataclasses import dataclass
from html import escape
from random import Random

from ..pages import Page
from .site import (
    PEOPLE,
    Site,
    SiteTask,
    link,
    names,
    navigation,
    sentences,
    slug,
    text_field,
    worded,
)

_REPLIES = ("Thank you, that helped.", "I have seen this too.", "Could you say more about it?")


@dataclass(frozen=True)
class _Topic:
    number: int
    title: str
    author: str
    post: str
    likes: int

    @property
    def path(self) -> str:
        return f"/topics/{self.number}"


@dataclass(frozen=True)
class _Community:
    topics: tuple[_Topic, ...]
    towns: dict[str, str]

    def social(self, level: int, random: Random) -> SiteTask:
        topic, reply = random.choice(self.topics), random.choice(_REPLIES)
        most = max(self.topics, key=lambda t: t.likes)
        steps = (
            f'On the website, click "Topics", click "{topic.title}", click "Like this post", type "{reply}" '
            'in the field "Your reply", then click "Post reply".'
        )
        aim = (
            "On the website, like the post that has most likes of all, answer it with exactly these words: "
            f"{reply} And follow whoever wrote it."
        )
        said = worded(level, steps, aim)
        of = topic if said == steps else most
        state = {
            "likes": {str(of.number): True},
            "replies": {str(of.number): [{"reply": reply}]},
        } | ({} if said == steps else {"follows": {slug(of.author): True}})
        return SiteTask(said, state=state)

    def follow(self, level: int, random: Random) -> SiteTask:
        topic = random.choice(self.topics)
        name = topic.author
        steps = f'On the website, click "Members", click "{name}", then click "Follow {name}".'
        aim = f'On the website, follow whoever started the topic "{topic.title}".'
        return SiteTask(worded(level, steps, aim), state={"follows": {slug(name): True}})

    def extract(self, level: int, random: Random) -> SiteTask:
        topic = random.choice(self.topics)
        name = topic.author
        steps = (
            f'On the website, click "Members", then click "{name}". In which town does {name} live? '
            "Answer with the town."
        )
        aim = (
            f'In which town does the author of the topic "{topic.title}" live? The website tells. '
            "Answer with the town."
        )
        town = self.towns[name]
        others = tuple(t for t in self.towns.values() if t != town)
        return SiteTask(worded(level, steps, aim), says=(town,), others=others)


def community(text: str, random: Random) -> Site:
    """Draw a community whose topics are what the document is about."""
    title, *words = names(text, random, 5)
    authors, said = random.sample(PEOPLE, len(words)), sentences(text, 4)
    likes = random.sample(range(2, 90), len(words))
    topics = tuple(
        _Topic(n + 1, f"About {word}", authors[n], said[n % len(said)], likes[n])
        for n, word in enumerate(words)
    )
    towns: dict[str, str] = dict(
        zip(authors, random.sample(("Lisbon", "Tromso", "Graz", "Cork", "Vilnius"), 4), strict=True)
    )
    head = navigation({"Home": "/", "Topics": "/topics", "Members": "/members"})
    bodies = {
        "/": (f"{title} community", f"<p>{escape(said[0])}</p>"),
        "/topics": ("Topics", "".join(f"<p>{link(t.path, t.title)}</p>" for t in topics)),
        **{topic.path: (topic.title, _topic(topic)) for topic in topics},
        "/members": (
            "Members",
            "".join(f"<p>{link(f'/members/{slug(name)}', name)}</p>" for name in sorted(towns)),
        ),
        **{f"/members/{slug(name)}": (name, _member(name, town)) for name, town in towns.items()},
    }
    made = _Community(topics, towns)
    return Site(
        {path: Page(name, f"{head}<h1>{name}</h1>{body}") for path, (name, body) in bodies.items()},
        {"social": made.social, "follow": made.follow, "extract": made.extract},
    )


def _topic(topic: _Topic) -> str:
    number = topic.number
    return (
        f"<p>By {topic.author}, {topic.likes} likes.</p><p>{escape(topic.post)}</p>"
        f'<p data-unless="likes.{number}"><button data-set="likes.{number}" data-value="true">'
        f'Like this post</button></p><p data-when="likes.{number}">You like this. <button '
        f'data-set="likes.{number}">Take it back</button></p>'
        f'<p>Your replies: <span data-show="replies.{number}">nothing</span></p>'
        f'<form data-save="replies.{number}" data-append>{text_field("Your reply", "reply")}'
        "<button>Post reply</button></form>"
    )


def _member(name: str, town: str) -> str:
    path = f"follows.{slug(name)}"
    return (
        f'<p>{name} lives in {town}.</p><p data-unless="{path}"><button data-set="{path}" data-value="true">'
        f'Follow {name}</button></p><p data-when="{path}">You follow {name}. '
        f'<button data-set="{path}">Unfollow {name}</button></p>'
    )
