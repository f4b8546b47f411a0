// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.Mark.Annotated;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Kept.Target;
import org.tidemark.catalog.backup.Mark.Released;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

class MarkTest {
    private static final Instant AT = Instant.parse("2026-11-20T06:30:11.5Z");
    private static final Instant UNTIL = Instant.parse("2027-11-01T23:59:59Z");
    private static final ObjectKey KEY = BackupFixtures.KEYS.mark(1);
    private static final BackupId ID = BackupFixtures.KEYS.id();
    private static final Kept FOREVER = new Kept(AT, Target.FULL, Optional.empty(), Optional.empty(), Optional.empty());
    private static final Kept FOR_A_YEAR = new Kept(
            AT, Target.STANDALONE, Optional.of(UNTIL), Optional.of("before \"5.0\", Zürich 🐘"), Optional.of("db1"));

    static List<Mark> marks() {
        return List.of(
                new Mark.Verified(AT, 3, Mark.Scope.STORED),
                new Mark.Verified(AT, 0, Mark.Scope.ALL, Optional.of(""), Optional.empty(), List.of()),
                new Mark.Verified(
                        UNTIL,
                        2_000,
                        Mark.Scope.ALL,
                        Optional.of("wal/00000001/00000000/000000010000000000000003"),
                        Optional.of(AT),
                        Collections.nCopies(Mark.Verified.MAX_DAMAGED, "backup/20261120T063011Z/bundle/00000001")),
                new Mark.Begun(AT, new Timeline(4)),
                new Mark.Minimal(AT, new Timeline(4), new Lsn(0x1234)),
                new Mark.Searched(
                        AT,
                        Collections.nCopies(
                                Mark.Searched.MAX_RANGES,
                                new Mark.Searched.Range(
                                        new Segment(new Timeline(4), 1, 2),
                                        new Segment(new Timeline(4), 1, 255),
                                        Sha256.of(new byte[] {1})))),
                new Mark.Challenged(AT, "0123456789abcdef", Sha256.of(new byte[] {1})),
                new Mark.Proven(AT, "0123456789abcdef"),
                FOREVER,
                FOR_A_YEAR,
                new Released(AT, Optional.of("db2")),
                new Mark.Restored(
                        AT,
                        ID,
                        "db3",
                        Optional.of(new Mark.Restored.Pace(120L << 30, Duration.ofMinutes(9))),
                        Optional.of(new Mark.Restored.Pace(16L << 20, Duration.ofMillis(70))),
                        Optional.of(new Mark.Restored.End("all archived WAL", true))),
                new Mark.Restored(AT, ID, "db3", Optional.empty(), Optional.empty(), Optional.empty()),
                new Annotated(AT, "the last one with the old schema"),
                new Annotated(AT, ""),
                new Annotated(AT, "🐘".repeat(Mark.MAX_TEXT_LENGTH)));
    }

    @ParameterizedTest
    @MethodSource("marks")
    void everyKindGivesBackWhatWasWritten(Mark mark) throws IOException {
        byte[] document = MarkJson.encode(mark);

        assertThat(MarkJson.decode(document, KEY)).isEqualTo(mark);
        assertThat(document).hasSizeLessThanOrEqualTo(ChecksummedJson.SMALL_BYTES);
    }

    @ParameterizedTest
    @MethodSource("marks")
    void whereverAMarkIsCutOffItIsDamaged(Mark mark) {
        byte[] document = MarkJson.encode(mark);

        for (int length = 0; length < document.length; length++) {
            byte[] cutOff = Arrays.copyOf(document, length);
            assertThatThrownBy(() -> MarkJson.decode(cutOff, KEY)).isInstanceOf(DamagedObjectException.class);
        }
    }

    /** Other programs read them: the names are a promise. */
    @Test
    void aKeepHasTheMembersThatTheFormatNames() {
        assertThat(new String(MarkJson.encode(FOR_A_YEAR), StandardCharsets.UTF_8))
                .startsWith("""
                        {"formatVersion": 1,
                        "kind": "kept",
                        "at": "2026-11-20T06:30:11.500Z",
                        "target": "standalone",
                        "until": "2027-11-01T23:59:59Z",
                        "note": "before \\"5.0\\", Zürich 🐘",
                        "host": "db1",
                        "sha256": \
                        """);
    }

    @Test
    void aKindOfANewerVersionIsUnknownAndCannotBeWritten() throws IOException {
        Mark mark = decode("\"kind\": \"drill\", \"at\": \"" + AT + "\", \"minutes\": 7");

        assertThat(mark).isEqualTo(new Mark.Unknown(AT, "drill"));
        assertThatIllegalArgumentException().isThrownBy(() -> MarkJson.encode(mark));
    }

    /** If it were unknown instead, an expiry would remove a backup that somebody keeps. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"kind\": \"kept\"",
                "\"kind\": \"kept\", \"target\": \"partial\"",
                "\"kind\": \"kept\", \"target\": \"full\", \"until\": \"tomorrow\"",
                "\"kind\": \"kept\", \"target\": \"full\", \"until\": null",
                "\"kind\": \"kept\", \"target\": \"full\", \"note\": \"\"",
                "\"kind\": \"kept\", \"target\": \"full\", \"note\": \"two\\nlines\"",
                "\"kind\": \"annotated\"",
                "\"kind\": \"annotated\", \"text\": \"\\u001b[2J\"",
            })
    void aMarkWithAMemberThatIsNotValidIsDamaged(String members) {
        assertThatThrownBy(() -> decode(members + ", \"at\": \"" + AT + "\""))
                .isInstanceOf(DamagedObjectException.class);
    }

    private static Mark decode(String members) throws IOException {
        return MarkJson.decode(ChecksummedJson.write("{\"formatVersion\": 1, " + members + "}"), KEY);
    }

    @Test
    void wordsOfAnOperatorAreOneLineOfLimitedLength() {
        for (String text : List.of("a\tb", "a\nb", "a\u2028b", "\u0085", "\ud83d", "x".repeat(1_001))) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Annotated(AT, text));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Kept(AT, Target.FULL, Optional.empty(), Optional.of(text), Optional.empty()));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Kept(AT, Target.FULL, Optional.empty(), Optional.of(" "), Optional.empty()));
    }

    @Test
    void aKeepHoldsUntilItEndsOrIsReleasedOrReplaced() {
        Released released = new Released(AT, Optional.of("db2"));

        assertThat(keep(AT)).isEmpty();
        assertThat(keep(AT, FOREVER)).contains(FOREVER);
        assertThat(keep(Instant.MAX, FOREVER)).contains(FOREVER);
        assertThat(keep(UNTIL.minusNanos(1), FOR_A_YEAR)).contains(FOR_A_YEAR);
        assertThat(keep(UNTIL, FOR_A_YEAR)).isEmpty();
        assertThat(keep(AT, FOREVER, released)).isEmpty();
        assertThat(keep(AT, FOREVER, released, FOR_A_YEAR)).contains(FOR_A_YEAR);
        assertThat(keep(AT, released, FOREVER)).contains(FOREVER);
        // The later one replaces the earlier one: an operator who sets an end means it.
        assertThat(keep(UNTIL, FOREVER, FOR_A_YEAR)).isEmpty();
        assertThat(keep(UNTIL, FOR_A_YEAR, FOREVER)).contains(FOREVER);
        assertThat(keep(AT, FOREVER, new Mark.Verified(AT, 1, Mark.Scope.ALL), new Mark.Unknown(AT, "drill")))
                .contains(FOREVER);
    }

    private static Optional<Kept> keep(Instant now, Mark... marks) {
        return Mark.keep(List.of(marks), now);
    }

    /** A copied annotation has a later number than one that was set later. */
    @Test
    void theLatestAnnotationByItsTimeHolds() {
        Annotated old = new Annotated(AT, "old");
        Annotated latest = new Annotated(AT.plusSeconds(1), "latest");
        Annotated removed = new Annotated(AT.plusSeconds(2), "");
        Annotated sameTime = new Annotated(AT.plusSeconds(1), "of the same time");

        assertThat(Mark.annotation(List.of(FOREVER))).isEmpty();
        assertThat(Mark.annotation(List.of(old, latest))).contains(latest);
        assertThat(Mark.annotation(List.of(latest, old))).contains(latest);
        assertThat(Mark.annotation(List.of(latest, sameTime))).contains(sameTime);
        assertThat(Mark.annotation(List.of(old, removed, latest))).isEmpty();
    }

    @Test
    void aDamagedMarkOfAKeptBackupIsSeenBesideTheKeepThatCanBeRead() throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        BackupCatalog catalog =
                new BackupCatalog(store, PrivateKeys.NONE, BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system());
        catalog.mark(ID, FOREVER);
        store.putIfAbsent(BackupFixtures.KEYS.mark(2), ObjectSource.of(new byte[] {'{'}));
        catalog.mark(ID, new Annotated(AT, "of 5.0"));
        catalog.mark(ID, new Released(AT, Optional.of("db2")));

        BackupMarks marks = catalog.marks();

        assertThat(marks.keep(ID, AT)).isEmpty();
        assertThat(marks.annotation(ID)).map(Annotated::text).contains("of 5.0");
        assertThat(marks.unreadable(BackupFixtures.KEYS))
                .extracting(each -> each.key())
                .containsExactly(BackupFixtures.KEYS.mark(2));
    }
}
