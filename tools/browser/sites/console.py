"""A console: a table of figures to sort and watch, alerts to switch, settings behind tabs."""

from dataclasses import dataclass
from random import Random

from ..pages import Page
from .site import Site, SiteTask, choice, names, navigation, slug, switch, worded

_REGIONS = ("north", "south")
_THEMES = ("Light", "Dark", "Contrast")
_SPANS = ("Day", "Week", "Month")


@dataclass(frozen=True)
class _Station:
    name: str
    region: str
    load: int


@dataclass(frozen=True)
class _Console:
    stations: tuple[_Station, ...]

    def dashboard(self, level: int, random: Random) -> SiteTask:
        station = random.choice(self.stations)
        steps = f'On the website, click "Figures", then click "Watch {station.name}".'
        lowest = level % 2 == 0
        aim = (
            f"On the website, watch the station with the {'lowest' if lowest else 'highest'} load among "
            f"those in the {station.region}, and no other."
        )
        said = worded(level, steps, aim)
        if said != steps:
            there = [s for s in self.stations if s.region == station.region]
            station = (min if lowest else max)(there, key=lambda s: s.load)
        return SiteTask(said, state={"watched": {slug(station.name): True}})

    def extract(self, level: int, random: Random) -> SiteTask:
        station = random.choice(self.stations)
        total = sum(s.load for s in self.stations if s.region == station.region)
        steps = (
            f'On the website, click "Figures". What is the load of {station.name}? '
            "Answer with the number."
        )
        aim = (
            f"What is the sum of the loads of all stations in the {station.region}, as the website tells "
            "them? Answer with the number in the last line."
        )
        said = worded(level, steps, aim)
        if said != steps:
            return SiteTask(said, says=(str(total),))
        others = tuple(str(s.load) for s in self.stations if s is not station)
        return SiteTask(said, says=(str(station.load),), others=others)

    def interactive(self, level: int, random: Random) -> SiteTask:
        theme, span = random.choice(_THEMES[1:]), random.choice(_SPANS[1:])
        steps = (
            f'On the website, click "Settings", click "Colours", then select "{theme}" in "Theme".'
        )
        aim = (
            f"Change the website's settings: colours {theme.lower()}, figures by the {span.lower()}, and "
            "no sounds. Change nothing else."
        )
        said = worded(level, steps, aim)
        settings: dict[str, object] = {"theme": theme}
        if said != steps:
            settings |= {"span": span, "sounds": False}
        return SiteTask(said, state={"settings": settings})

    def alerts(self, level: int, random: Random) -> SiteTask:
        station = random.choice(self.stations)
        # Where all loads are low, a good answer would do nothing: that is asked of no one.
        region = random.choice(sorted({s.region for s in self.stations if s.load > 50}))
        steps = f'On the website, click "Alerts", then click "Alert for {station.name}".'
        aim = (
            f"On the website, switch the alerts on for all stations in the {region} whose load is "
            "above 50, and leave the others as they are."
        )
        wanted = [s for s in self.stations if s.region == region and s.load > 50]
        said = worded(level, steps, aim)
        on = [station] if said == steps else wanted
        return SiteTask(said, state={"alerts": {slug(s.name): True for s in on}})


def console(text: str, random: Random) -> Site:
    """Draw a console whose stations bear names of the document."""
    title, *words = names(text, random, 7)
    loads = [random.randint(60, 99), *random.sample(range(5, 60), len(words) - 1)]
    stations = tuple(
        # The first two stand in different regions, so that neither is empty.
        _Station(word, _REGIONS[n] if n < 2 else random.choice(_REGIONS), loads[n])
        for n, word in enumerate(words)
    )
    head = navigation(
        {"Home": "/", "Figures": "/figures", "Alerts": "/alerts", "Settings": "/settings"}
    )
    rows = "".join(
        f'<tr class="row" data-name="{s.name}" data-load="{s.load}"><td>{s.name}</td><td>{s.region}</td>'
        f'<td>{s.load}</td><td><button data-set="watched.{slug(s.name)}" data-value="true">'
        f"Watch {s.name}</button></td></tr>"
        for s in stations
    )
    alerts = "".join(
        switch(f"Alert for {s.name}", f"alerts.{slug(s.name)}", on=False) for s in stations
    )
    colours = choice("Theme", _THEMES, 'data-bind="settings.theme"')
    general = choice("Figures by the", _SPANS, 'data-bind="settings.span"')
    general += switch("Sounds", "settings.sounds", on=True)
    bodies = {
        "/": (f"{title} console", "<p>Loads of all stations, alerts and settings.</p>"),
        "/figures": (
            "Figures",
            '<p><label>Search <input data-filter="text"></label> <button data-sort="name">Sort by name'
            '</button> <button data-sort="load">Sort by load</button></p>'
            f"<table><thead><tr><th>Station</th><th>Region</th><th>Load</th></tr></thead><tbody>{rows}</tbody></table>"
            '<p>Watched: <span data-show="watched">nothing</span> '
            '<button data-set="watched">Watch none</button></p>',
        ),
        "/alerts": ("Alerts", alerts),
        "/settings": (
            "Settings",
            '<p><button data-tab="general">General</button> <button data-tab="colours">Colours</button></p>'
            f'<div data-panel="general">{general}</div><div data-panel="colours" hidden>{colours}</div>',
        ),
    }
    made = _Console(stations)
    return Site(
        {path: Page(name, f"{head}<h1>{name}</h1>{body}") for path, (name, body) in bodies.items()},
        {
            "dashboard": made.dashboard,
            "extract": made.extract,
            "interactive": made.interactive,
            "alerts": made.alerts,
        },
    )
