# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether case.txt and case.html of a directory say what its case.json says. Prints what is missing."""
import html.parser
import json
import re
import sys

directory = sys.argv[1]
VOID = {'meta', 'link', 'br', 'hr', 'img', 'input', 'col', 'wbr', 'path', 'line', 'rect', 'circle', 'polyline'}


class Text(html.parser.HTMLParser):
    """What a reader sees, and whether what is opened is closed."""
    def __init__(self):
        super().__init__()
        self.text, self.open, self.wrong, self.ids = [], [], [], set()

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'script' or any(name.startswith('on') for name, _ in attributes):
            self.wrong.append(f'a script: <{tag}>')
        for name, value in attributes:
            if name in ('src', 'href') and re.match(r'\s*(https?:|//|data:text|javascript:)', value or ''):
                self.wrong.append(f'a link that leads out: {value}')
            if name == 'id':
                if value in self.ids:
                    self.wrong.append(f'the id {value} twice')
                self.ids.add(value)

    def handle_startendtag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'</{tag}> closes nothing')

    def handle_data(self, data):
        if not self.open or self.open[-1] != 'style':
            self.text.append(data)


def plain(text):
    """Without what depends on the width: blanks and line breaks."""
    return re.sub(r'\s+', '', text)


with open(f'{directory}/case.json', encoding='utf-8') as f:
    case = json.load(f)
with open(f'{directory}/case.txt', encoding='utf-8') as f:
    text = plain(f.read())
page = Text()
with open(f'{directory}/case.html', encoding='utf-8') as f:
    page.feed(f.read())
page.close()
html_text = plain(''.join(page.text))
missing = [f'html: {w}' for w in page.wrong] + [f'html: <{t}> is not closed' for t in page.open]


def expect(what, sentence):
    for name, where in (('text', text), ('html', html_text)):
        if plain(sentence) not in where:
            missing.append(f'{name}: lacks the {what} "{sentence}"')


for finding in case['findings']:
    expect('finding', finding['say'])
for recommendation in case['recommendations']:
    for part in ('title', 'apply', 'keep', 'verify', 'undo', 'risk', 'why'):
        if recommendation.get(part):
            expect(f'{part} of {recommendation["id"]}', recommendation[part])
for verdict in case['verdicts']:
    for sentence in verdict['for'] + verdict['against']:
        expect(f'sentence on {verdict["id"]}', sentence)
for check in case['unchecked']:
    expect('check that could not be made', check['id'])
# Nor may a text hold more changes than the case
for name, where in (('text', text), ('html', html_text)):
    if not case['findings'] and 'Nowarningandnocriticalfinding' not in where:
        missing.append(f'{name}: does not say that nothing was found')
print('\n'.join(missing) or 'the same')
sys.exit(bool(missing))
