"""Runs the app in memory, without a socket. Type: pytest"""

from app import app


def test_the_page_shows_the_notes(client):
    answer = client(app).get("/")
    assert answer.status == 200
    assert "Hello from APP_NAME" in answer.text


def test_a_note_is_added_and_shown_as_text(client):
    browser = client(app)
    answer = browser.post("/", data={"note": "<b>milk</b>"})
    assert answer.status == 303
    answer = browser.get(answer.headers["Location"])
    assert "milk" in answer.text
    assert "<b>milk</b>" not in answer.text


def test_an_empty_note_is_refused(client):
    answer = client(app).post("/", data={"note": " "})
    assert answer.status == 400


def test_notes_are_there_as_json(client):
    answer = client(app).get("/notes")
    assert "Hello from APP_NAME" in answer.json()["notes"]


def test_the_style_is_served(client):
    answer = client(app).get("/static/style.css")
    assert answer.headers["Content-Type"] == "text/css"
