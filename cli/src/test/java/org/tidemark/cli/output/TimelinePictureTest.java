// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.cli.output.TimelinePicture.Signs;
import org.tidemark.config.Environment;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.recoverability.ReachableTimeline.Span;
import org.tidemark.testkit.Rounds;

class TimelinePictureTest {
    private static final Instant BEGIN = Instant.parse("2026-10-21T02:26:14Z");
    /** With a timeline of one digit: 40 columns between the dates. */
    private static final int WIDTH = 79;

    private static final String DAY = "2026-10-21 02:26 ";

    private static Instant hour(double hours) {
        return BEGIN.plusSeconds(Math.round(hours * 3600));
    }

    private static Span span(double from, double to) {
        return new Span(hour(from), hour(to));
    }

    private static ReachableTimeline timeline(int id, List<Span> spans, double... backups) {
        return new ReachableTimeline(
                new Timeline(id),
                spans,
                Arrays.stream(backups).mapToObj(TimelinePictureTest::hour).toList(),
                List.of());
    }

    private static List<String> picture(int width, ReachableTimeline... timelines) {
        return TimelinePicture.of(List.of(timelines), width, Signs.ASCII);
    }

    @Test
    void eachTimelineIsALineFromItsFirstMomentToItsLast() {
        assertThat(picture(80, timeline(3, List.of(span(0, 40)), 0, 10, 30), timeline(12, List.of(span(10, 20)), 10)))
                .containsExactly(
                        "TL 3  2026-10-21 02:26 *---------*-------------------*--------- 2026-10-22 18:26",
                        "TL 12 2026-10-21 12:26           *----------                    2026-10-21 22:26",
                        "      * backup  - can be reached");
    }

    @Test
    void inAUtf8LocaleItIsDrawnWithLines() {
        assertThat(TimelinePicture.of(
                        List.of(timeline(1, List.of(span(0, 10), span(20, 40)), 0, 20)), 79, Signs.UNICODE))
                .first()
                .isEqualTo("TL 1 " + DAY + "●━━━━━━━━━━         ●━━━━━━━━━━━━━━━━━━━ 2026-10-22 18:26");
    }

    @Test
    void aHoleIsAGap() {
        assertThat(picture(WIDTH, timeline(1, List.of(span(0, 10), span(20, 40)), 0, 20)))
                .containsExactly(
                        "TL 1 " + DAY + "*----------         *------------------- 2026-10-22 18:26",
                        "     * backup  - can be reached");
    }

    /** A year has one of a second in it: less than a thousandth of a column. */
    @Test
    void aHoleThatIsShorterThanAColumnHasASignOfItsOwn() {
        Instant broken = BEGIN.plus(Duration.ofDays(100));
        ReachableTimeline year = new ReachableTimeline(
                Timeline.FIRST,
                List.of(new Span(BEGIN, broken), new Span(broken.plusSeconds(1), BEGIN.plus(Duration.ofDays(365)))),
                List.of(BEGIN, broken.plusSeconds(1)),
                List.of());

        assertThat(picture(WIDTH, year))
                .containsExactly(
                        "TL 1 " + DAY + "*---------x----------------------------- 2027-10-21 02:26",
                        "     * backup  - can be reached  x hole");
    }

    /** WAL that was stored long after it was written: the end of the one span is not before the other begins. */
    @Test
    void aHoleWithoutATimeIsStillThere() {
        assertThat(picture(WIDTH, timeline(1, List.of(span(0, 10), span(10, 40)), 0))
                        .getFirst())
                .containsOnlyOnce("x");
    }

    @Test
    void aHoleAfterTheLastMomentIsShown() {
        ReachableTimeline cut = new ReachableTimeline(
                Timeline.FIRST,
                List.of(span(0, 20)),
                List.of(hour(0)),
                List.of(new LostMoments(
                        hour(20),
                        Optional.empty(),
                        Segment.of(Timeline.FIRST, 7, new WalSegmentSize(16 << 20)),
                        3,
                        false)));

        assertThat(picture(WIDTH, cut, timeline(2, List.of(span(0, 40)), 0)))
                .first()
                .isEqualTo("TL 1 " + DAY + "*--------------------x                   2026-10-21 22:26");
        assertThat(picture(WIDTH, cut)).first().isEqualTo("TL 1 " + DAY + "*" + "-".repeat(38) + "x 2026-10-21 22:26");
    }

    @Test
    void oneMomentIsOneMark() {
        assertThat(picture(WIDTH, timeline(1, List.of(span(0, 0)), 0)))
                .containsExactly("TL 1 " + DAY + "*" + " ".repeat(40) + DAY.strip(), "     * backup  - can be reached");
    }

    /** Backups that stand alone: without the WAL between them, each is one moment. */
    @Test
    void momentsWithoutWalBetweenThemAreMarks() {
        assertThat(picture(WIDTH, timeline(1, List.of(span(0, 0), span(20, 20), span(40, 40)), 0, 20, 40)))
                .first()
                .isEqualTo("TL 1 " + DAY + "*" + " ".repeat(19) + "*" + " ".repeat(18) + "* 2026-10-22 18:26");
    }

    @Test
    void aThousandBackupsFitIntoTheWidth() {
        double[] backups =
                DoubleStream.iterate(0, each -> each + 1).limit(1_000).toArray();

        assertThat(picture(100, timeline(1, List.of(span(0, 1_000)), backups)))
                .first()
                .isEqualTo("TL 1 " + DAY + "*".repeat(61) + " 2026-12-01 18:26");
    }

    @Test
    void whereNothingCanBeReachedNothingIsDrawn() {
        assertThat(picture(WIDTH)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"79, 40, 16", "59, 20, 16", "58, 31, 10", "37, 10, 10", "36, 31, 0", "15, 10, 0", "1, 10, 0"})
    void aNarrowTerminalGetsShorterDatesAndThenNone(int width, int columns, int date) {
        String line = picture(width, timeline(1, List.of(span(0, 40)))).getFirst();

        assertThat(line).containsPattern("(?<!-)-{" + columns + "}(?!-)( |$)");
        assertThat(line.length()).isEqualTo(5 + columns + (date == 0 ? 0 : 2 * (date + 1)));
    }

    /** Of any spans in order, whatever the width: each line fits, and each hole is seen. */
    @Test
    void noHoleDisappearsAndNoLineIsTooLong() {
        RandomGenerator random = Rounds.random();
        for (int round = 0; round < 2_000; round++) {
            List<Span> spans = new ArrayList<>();
            List<Instant> backups = new ArrayList<>();
            Instant at = BEGIN;
            int count = random.nextInt(1, 6);
            for (int i = 0; i < count; i++) {
                Instant to = at.plusMillis(someMillis(random));
                spans.add(new Span(at, to));
                backups.add(at);
                at = to.plusMillis(someMillis(random));
            }
            int width = random.nextInt(15, 200);

            List<String> lines = picture(width, new ReachableTimeline(Timeline.FIRST, spans, backups, List.of()));

            assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
            String drawn = lines.getFirst()
                    .replaceAll("[0-9:TL]|(?<=[0-9])-(?=[0-9])", "")
                    .strip();
            boolean holes = drawn.contains("x") || drawn.contains(" ");
            assertThat(holes)
                    .as("width %d, %s: %s", width, spans, lines.getFirst())
                    .isEqualTo(count > 1);
        }
    }

    /** From nothing to months. */
    private static long someMillis(RandomGenerator random) {
        return random.nextInt(4) == 0 ? 0 : random.nextLong(1L << random.nextInt(1, 34));
    }

    @ParameterizedTest
    @ValueSource(strings = {"LC_ALL=de_DE.UTF-8", "LANG=C.utf8", "LC_CTYPE=C.UTF-8 LANG=C"})
    void theLocaleSaysWhichSignsThereAre(String variables) {
        assertThat(terminal(variables)).isEqualTo(new Terminal(80, Signs.UNICODE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "LANG=de_DE.ISO-8859-1", "LC_ALL=C LANG=C.UTF-8", "LC_ALL=POSIX"})
    void withoutAUtf8LocaleTheSignsAreAscii(String variables) {
        assertThat(terminal(variables)).isEqualTo(new Terminal(80, Signs.ASCII));
    }

    @ParameterizedTest
    @CsvSource({"132, 132", "0, 80", "-5, 80", "wide, 80", "100000, 80"})
    void theVariableSaysHowWideItIs(String columns, int width) {
        assertThat(terminal("COLUMNS=" + columns).width()).isEqualTo(width);
    }

    private static Terminal terminal(String variables) {
        Path root = Path.of("/");
        Map<String, String> set = new HashMap<>();
        for (String each : variables.split(" ", -1)) {
            String[] parts = each.split("=", 2);
            if (parts.length == 2) {
                set.put(parts[0], parts[1]);
            }
        }
        return Terminal.of(new Environment(set, root, root, root), false);
    }
}
