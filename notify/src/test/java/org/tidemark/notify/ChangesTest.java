// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

/** What is told of findings that come, change and go. */
class ChangesTest {
    private static final Instant START = Instant.parse("2026-11-30T10:00:00Z");
    private static final Set<String> BLINDING = Set.of("server");

    private OpenFindings open = OpenFindings.NONE;
    private Told told = Told.NOTHING;
    private NotifySettings settings = settings(Severity.WARNING, Duration.ZERO, Map.of());

    private static NotifySettings settings(Severity severity, Duration delay, Map<String, Duration> delays) {
        return new NotifySettings(
                "pager", new NotifySettings.Program(Path.of("/bin/true")), List.of(), severity, delay, delays);
    }

    private List<String> look(int minute, Finding... found) {
        Instant at = START.plus(Duration.ofMinutes(minute));
        open = open.after(List.of(found), BLINDING, at);
        Told.Step step = told.step(open, settings, at);
        told = step.after();
        return step.changes().stream().map(Change::text).toList();
    }

    private static Finding warning(String subject, String message) {
        return Finding.warning(subject, message, "do this");
    }

    private static Finding critical(String subject, String message) {
        return Finding.critical(subject, message, "");
    }

    @Test
    void eachChangeIsToldOnce() {
        assertThat(look(0, warning("backlog", "3 wait").of("offsite")))
                .containsExactly("WARNING backlog (offsite): 3 wait\n  do this");
        assertThat(look(5, warning("backlog", "7 wait").of("offsite"))).isEmpty();
        assertThat(look(10, critical("backlog", "900 wait").of("offsite")))
                .containsExactly("CRITICAL, was WARNING: backlog (offsite): 900 wait");
        assertThat(look(15, warning("backlog", "2 wait").of("offsite")))
                .containsExactly("WARNING, was CRITICAL: backlog (offsite): 2 wait\n  do this");
        assertThat(look(20)).containsExactly("OVER: backlog (offsite), WARNING for 20m00s");
        assertThat(look(25)).isEmpty();
    }

    @Test
    void theSameSubjectInTwoRepositoriesIsTwoThings() {
        assertThat(look(
                        0,
                        critical("store", "full").of("one"),
                        critical("store", "full").of("two")))
                .hasSize(2);
        assertThat(look(5, critical("store", "full").of("two")))
                .containsExactly("OVER: store (one), CRITICAL for 5m00s");
    }

    @Test
    void ofTwoWithOneKeyTheWorseCounts() {
        assertThat(look(0, warning("wal", "late"), critical("wal", "none"), warning("wal", "odd")))
                .containsExactly("CRITICAL wal: none");
    }

    @Test
    void whatALookCouldNotSeeIsNotOver() {
        look(0, critical("holes", "2 holes"));

        assertThat(look(5, critical("server", "no answer"))).containsExactly("CRITICAL server: no answer");
        assertThat(look(10, critical("server", "no answer"))).isEmpty();
        assertThat(look(15))
                .containsExactlyInAnyOrder("OVER: holes, CRITICAL for 15m00s", "OVER: server, CRITICAL for 10m00s");
    }

    @Test
    void whatWasSeenToBeWellIsOverWhateverElseWasNotSeen() {
        look(0, critical("archiver", "fails"));

        assertThat(look(5, Finding.ok("archiver", "works"), critical("server", "no answer")))
                .containsExactlyInAnyOrder("OVER: archiver, CRITICAL for 5m00s", "CRITICAL server: no answer");
    }

    @Test
    void whatPassesWithinItsDelayIsNeverTold() {
        settings = settings(Severity.WARNING, Duration.ofMinutes(10), Map.of("server", Duration.ZERO));

        assertThat(look(0, warning("backlog", "1 waits"), critical("server", "no answer")))
                .containsExactly("CRITICAL server: no answer");
        assertThat(look(5)).containsExactly("OVER: server, CRITICAL for 5m00s");
        assertThat(look(20, warning("backlog", "1 waits"))).isEmpty();
        assertThat(look(25, warning("backlog", "2 wait"))).isEmpty();
        assertThat(look(30, warning("backlog", "3 wait"))).containsExactly("WARNING backlog: 3 wait\n  do this");
    }

    @Test
    void whatMovesBetweenTwoSeveritiesIsToldAsWell() {
        settings = settings(Severity.WARNING, Duration.ofMinutes(10), Map.of());

        assertThat(look(0, warning("backlog", "1 waits"))).isEmpty();
        assertThat(look(5, critical("backlog", "9 wait"))).isEmpty();
        assertThat(look(10, warning("backlog", "1 waits"))).containsExactly("WARNING backlog: 1 waits\n  do this");
    }

    @Test
    void whoWantsTheCriticalAloneIsToldWhenItIsCriticalNoMore() {
        settings = settings(Severity.CRITICAL, Duration.ZERO, Map.of());

        assertThat(look(0, warning("wal", "late"))).isEmpty();
        assertThat(look(5, critical("wal", "none"))).containsExactly("CRITICAL wal: none");
        assertThat(look(10, warning("wal", "late"))).containsExactly("WARNING, was CRITICAL: wal: late\n  do this");
        assertThat(look(15)).isEmpty();
    }

    @Test
    void whatIsKnownSurvivesTheProcess() {
        look(0, critical("holes", "2 \"holes\"\n\u05d0").of("a"), warning("log", "cannot"));
        Memory memory = new Memory(START, open, new TreeMap<>(Map.of("pager", told)));

        assertThat(Memory.parse(memory.text())).isEqualTo(memory);
    }
}
