// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.random.RealLife.Fault;
import org.tidemark.acceptance.random.RealLife.Row;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.TemporaryTree;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The life of a real server in which drills are held. Beside each drill, {@code recover} restores the moment that the
 * drill has named; the rows are judged by what was committed. Not thread-safe.
 */
final class DrilledLife implements AutoCloseable {
    private static final int MOST_STEPS = 4;

    private final RealLife life;
    private final Random random;
    private final Path drills;
    private final Path plain;
    private int proven;
    private int failed;

    /**
     * What a drill says that it restores.
     *
     * @param kind a word of the documents
     * @param value empty for all archived WAL
     * @param timeline empty if it did not get so far as to choose one
     * @param isTimelineNamed whether it is chosen with the moment; else it is the one that a plan takes by itself
     */
    private record Moment(String kind, Optional<String> value, Optional<Timeline> timeline, boolean isTimelineNamed) {
        /** Empty if the drill was refused before it had chosen one. */
        static Optional<Moment> of(Outcome outcome) {
            if (outcome.data().isEmpty()) {
                return Optional.empty();
            }
            JsonNode said = JsonMapper.shared().readTree(outcome.data());
            return Optional.of(new Moment(
                    said.path("target").asString(),
                    said.path("value").stringValueOpt(),
                    said.has("timeline")
                            ? Optional.of(new Timeline(said.path("timeline").asInt()))
                            : Optional.empty(),
                    !said.path("target").asString().equals("latest")
                            || !said.path("rule").asString().equals("given")));
        }

        /** As options of {@code recover}. */
        List<String> options() {
            List<String> options = new ArrayList<>();
            value.ifPresent(each -> options.addAll(List.of("--target-" + kind, each, "--target-action", "promote")));
            timeline.filter(_ -> isTimelineNamed)
                    .ifPresent(each -> options.addAll(List.of("--timeline", each.toString())));
            return options;
        }

        /** The rows of all that are there. */
        List<Row> rows(List<Row> all) {
            return all.stream()
                    .filter(each -> timeline.filter(last -> each.timeline().id() > last.id())
                            .isEmpty())
                    .filter(this::hasBegun)
                    .toList();
        }

        private boolean hasBegun(Row row) {
            return value.map(text -> kind.equals("time")
                            ? !row.time().isAfter(Instant.parse(text.replace(' ', 'T')))
                            : !row.after().isAfter(Lsn.parse(text)))
                    .orElse(true);
        }
    }

    DrilledLife(PostgresBinaries binaries, Random random) throws IOException {
        this.random = random;
        this.life = new RealLife(binaries, random);
        this.drills = life.host().directory().resolve("d");
        this.plain = life.host().directory().resolve("plain");
        life.host().findsProgramsIn(binaries.programs());
    }

    RealLife life() {
        return life;
    }

    /** How many drills were proven. */
    int proven() {
        return proven;
    }

    /** How many drills had a judgement that failed. */
    int failed() {
        return failed;
    }

    void begin() throws IOException {
        if (random.nextInt(3) == 0) {
            life.beginEncrypted();
        } else {
            life.begin();
        }
    }

    /** Some steps, or damage, and a drill. */
    void goOn() throws IOException {
        for (int step = random.nextInt(MOST_STEPS); step > 0; step--) {
            life.step();
        }
        life.archive();
        if (random.nextInt(4) == 0) {
            life.damage();
        }
        hold(target());
    }

    private List<String> target() {
        Row row = life.committed().get(random.nextInt(life.committed().size()));
        String timeline = row.timeline().toString();
        return switch (random.nextInt(6)) {
            case 0 -> List.of("--target", "latest");
            case 1 ->
                List.of(
                        "--target",
                        row.time().plus(random.nextInt(2), ChronoUnit.MICROS).toString(),
                        "--timeline",
                        timeline);
            case 2 -> List.of("--target", row.after().toString(), "--timeline", timeline);
            default -> List.of("--seed", Integer.toString(random.nextInt(1_000_000)));
        };
    }

    private String[] drill(List<String> target, String... more) {
        return Stream.of(List.of("drill", "--to", drills.toString(), "--json"), target, List.of(more))
                .flatMap(List::stream)
                .toArray(String[]::new);
    }

    private static String rows(List<Row> rows) {
        return rows.size() + " to " + rows.size();
    }

    private void hold(List<String> target) throws IOException {
        // Its status also says that no package has the programs of the version.
        Optional<Moment> planned = Moment.of(life.host().run(drill(target, "--dry-run")));
        if (planned.isPresent()) {
            String wanted = rows(planned.get().rows(life.committed()));
            life.configure("[drill.question.rows]\nsql = \"" + RealLife.ROWS + "\"\nexpect = '" + wanted + "'\n");
        }
        Outcome outcome = life.host().start(drill(target)).await();
        life.configure("");
        life.tell("drill of " + String.join(" ", target) + " ended with " + outcome.status() + "\n" + outcome.data()
                + outcome.talk());
        assertThat(Moment.of(outcome).or(() -> planned)).as("the moment").isEqualTo(planned);
        if (outcome.talk().contains("outside of the directory of the drill")) {
            return; // a plain restore may create the tablespace, a drill may not
        }
        if (planned.isEmpty() && outcome.status() == ExitCode.DAMAGED.status()) {
            // Without what is damaged in every repository there is no plan, and no moment to compare.
            assertThat(life.faults()).contains(Fault.BACKUP);
            return;
        }
        Moment moment = planned.orElse(new Moment("latest", Optional.empty(), Optional.empty(), false));
        List<Row> rows = moment.rows(life.committed());
        boolean isProven = outcome.status() == 0;

        Outcome recovered = recover(moment);
        boolean isRight = recovered.status() == 0 && opensWith(rows(rows));
        TemporaryTree.delete(plain);
        TemporaryTree.delete(tablespaces());

        assertThat(isProven)
                .as("the drill is green exactly if recover to " + moment + " leads to " + rows(rows)
                        + ", which ended with " + recovered.status() + ": " + recovered.talk())
                .isEqualTo(isRight);
        assertThat(drills.toFile().list()).as("what the drill left").isNullOrEmpty();
        JsonNode said = JsonMapper.shared().readTree(outcome.data().isEmpty() ? "{}" : outcome.data());
        assertThat(said.path("proven").asBoolean(false)).isEqualTo(isProven);
        if (isProven) {
            proven++;
            said.path("provenTo").stringValueOpt().map(Instant::parse).ifPresent(to -> isAtTheEnd(to, rows, moment));
        } else if (outcome.status() == ExitCode.NO.status()) {
            failed++;
            isRightlyNamed(said, recovered);
        }
    }

    /** The last commit that is proven is the last row, or one after it and before the next row. */
    private void isAtTheEnd(Instant provenTo, List<Row> rows, Moment moment) {
        if (!rows.isEmpty()) {
            assertThat(provenTo)
                    .as("of " + moment)
                    .isAfterOrEqualTo(rows.getLast().time());
        }
        life.committed().stream()
                .skip(rows.size())
                .findFirst()
                .ifPresent(next -> assertThat(provenTo).as("of " + moment).isBefore(next.time()));
    }

    private void isRightlyNamed(JsonNode said, Outcome recovered) {
        for (JsonNode judgement : said.path("judgements")) {
            if (judgement.path("passed").asBoolean()) {
                continue;
            }
            Fault fault = Fault.valueOf(judgement.path("fault").asString().toUpperCase(Locale.ROOT));
            boolean isAskedInVain = said.path("rule").asString().equals("given")
                    && judgement.path("name").asString().equals("plan")
                    && recovered.status() != 0;
            if (fault != Fault.WAL || !isAskedInVain) {
                assertThat(life.faults())
                        .as("whose fault " + judgement + " may be")
                        .contains(fault);
            }
        }
    }

    private Path tablespaces() {
        return plain.resolveSibling("plain-tablespaces");
    }

    private Outcome recover(Moment moment) throws IOException {
        List<String> line = new ArrayList<>(List.of("recover", "--quiet", "--to", plain.toString()));
        line.addAll(List.of("--tablespaces-below", tablespaces().toString()));
        line.addAll(moment.options());
        Outcome recovered = life.host().run(line.toArray(String[]::new));
        if (recovered.status() != 0 || life.answering().isEmpty()) {
            return recovered;
        }
        // The server would ask for a later timeline for minutes, in what is away: the others are named, as it says.
        TemporaryTree.delete(plain);
        TemporaryTree.delete(tablespaces());
        life.answering().forEach(each -> line.addAll(List.of("--repository", each)));
        return life.host().run(line.toArray(String[]::new));
    }

    private boolean opensWith(String rows) {
        try {
            String found = life.rowsIn(plain);
            life.tell("recover leads to " + found);
            return found.equals(rows);
        } catch (IllegalStateException e) {
            life.tell("the server that recover has restored does not open: " + e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        life.close();
    }
}
