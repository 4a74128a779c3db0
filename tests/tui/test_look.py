"""The chat as it looks, at three sizes. After a wanted change: pytest --snapshot-update, and read the diff."""

from syrupy.assertion import SnapshotAssertion

from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import CANCELLED, Failed, Library, State, Switched, Thought, Token, ToolCalled
from docmind.tui.engine_link import LinkState
from fakes.story import LONG, QUESTION, READY, SHORT, answered, looked_up, metered
from still import Stage


async def test_an_empty_chat(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        assert chat.look() == snapshot


async def test_a_question_that_waits_for_the_engine(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(LinkState("starting"))
        await chat.send(QUESTION)
        await chat.send("And which valves\nwere removed?")
        chat.prompt.replace_text("a draft")
        await chat.pilot.pause()
        assert chat.look() == snapshot


async def test_documents_that_are_being_read(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY, Library(ready=False, done=117, todo=1312, failed=2))
        run = await chat.send(QUESTION)
        await chat.hear(State(run=run, state="indexing"))
        assert chat.look() == snapshot


async def test_the_agent_at_work(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(State(run=run, state="thinking"), Thought(run=run, text="I look for the revisions."))
        chat.clock.now += 3
        await chat.hear(Thought(run=run, text=" Both of them."), *looked_up(run), metered(run))
        await chat.press("tab", "k", "enter")
        called = ToolCalled(run=run, call="b", tool="read_document", input={"path": "manual-revC.pdf", "page": 12})
        await chat.hear(State(run=run, state="reading"), called)
        assert chat.look() == snapshot


async def test_an_answer_that_has_stalled(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), State(run=run, state="writing"), Token(run=run, text=SHORT[:41]))
        chat.clock.now += 7
        chat.transcript.tick()
        assert chat.look() == snapshot


async def test_an_answer_in_markdown(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        await chat.hear(*looked_up(run), Token(run=run, text=LONG), metered(run), answered(run, LONG))
        assert chat.look() == snapshot(name="end")
        await chat.press("ctrl+home")
        assert chat.look() == snapshot(name="beginning")


async def test_another_profile_goes_on(stage: Stage, snapshot: SnapshotAssertion) -> None:
    async with stage.opened() as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        reason = "balanced stopped answering: the server closed the connection."
        hint = "Look at the log of the Ollama server."
        switched = Switched(run=run, old="balanced", new="fast", code=Code.CRASHED, reason=reason, hint=hint)
        begun = [*looked_up(run), Token(run=run, text=SHORT[:41])]
        await chat.hear(*begun, switched, Token(run=run, text=SHORT[41:]), answered(run, profile="fast"))
        assert chat.look() == snapshot


async def test_failures(stage: Stage, snapshot: SnapshotAssertion) -> None:
    wrong = "~/.config/docmind/config.toml:3: profile: expected text, found 3."
    told = "Every profile failed: balanced does not answer, server refuses the key, fast has no model file."
    async with stage.opened(problems=[DocmindError(Code.CONFIG, wrong, "Correct it there.")]) as chat:
        await chat.hear(*READY)
        run = await chat.send(QUESTION)
        failed = Failed(run=run, code=Code.ALL_FAILED, message=told, hint="Start one of them.")
        await chat.hear(Token(run=run, text=SHORT[:41]), failed)
        run = await chat.send("Again?")
        await chat.hear(Token(run=run, text=SHORT[:41]), Failed(run=run, code=CANCELLED, message="Stopped."))
        await chat.send("/modell fast")
        await chat.hear(LinkState("lost", DocmindError(Code.ENGINE_LOST, "The engine process ended.")))
        assert chat.look() == snapshot
