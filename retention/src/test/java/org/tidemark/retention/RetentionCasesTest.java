// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;

/**
 * The worked cases of {@code retention-cases}: what other tools document, what their users reported, and where this
 * planner is stricter on purpose.
 */
class RetentionCasesTest {
    private static final List<String> FILES =
            List.of("redundancy", "window", "kept", "timelines", "wal", "long-term", "damage", "locks", "clocks");

    @TestFactory
    Stream<DynamicContainer> cases() {
        return FILES.stream()
                .map(file -> DynamicContainer.dynamicContainer(
                        file,
                        read(file).stream().map(each -> DynamicTest.dynamicTest(each.name(), () -> check(each)))));
    }

    @Test
    void eachCaseHasANameOfItsOwnAndASource() {
        List<RetentionCase> all =
                FILES.stream().flatMap(file -> read(file).stream()).toList();

        assertThat(all).extracting(RetentionCase::name).doesNotHaveDuplicates();
        assertThat(all)
                .allSatisfy(
                        each -> assertThat(each.all("source")).as(each.name()).isNotEmpty());
    }

    private static void check(RetentionCase each) {
        RetentionPlan plan =
                RetentionPlanner.plan(each.settings(), each.archive().catalog().dated(each.now()), each.now());
        Removal expected = new Removal();
        each.all("goes").stream()
                .flatMap(items -> Stream.of(items.split(" +", -1)))
                .filter(item -> !item.equals("nothing"))
                .forEach(expected::add);

        assertThat(removal(each, plan)).as("goes, by %s", plan).hasToString(expected.toString());
        each.all("says").forEach(row -> says(each, plan, row));
        each.all("leaves").forEach(row -> leaves(each, plan, row));
        assertThat(plan.problems()).isEqualTo(each.all("unreadable"));

        SimulatedArchive left = each.archive().after(plan);
        assertThat(RetentionPlanner.plan(each.settings(), left.catalog().dated(each.now()), each.now())
                        .removesNothing())
                .as("a second run removes nothing")
                .isTrue();
    }

    private static Removal removal(RetentionCase each, RetentionPlan plan) {
        Removal removal = new Removal();
        plan.leaving().forEach(backup -> removal.add(each.label(backup.id())));
        plan.abandoned().forEach(any -> removal.add("unfinished"));
        for (WalFate wal : plan.leavingWal()) {
            long first = wal.first().index(each.size());
            long last = wal.last().index(each.size());
            each.archive()
                    .places(wal.timeline())
                    .subMap(first, true, last, true)
                    .keySet()
                    .forEach(place -> removal.addSegment(wal.timeline().id(), place));
            each.archive()
                    .partials(wal.timeline())
                    .subSet(first, true, last, true)
                    .forEach(place -> removal.addPartial(wal.timeline().id(), place));
        }
        return removal;
    }

    /** {@code A text} or {@code 1/7 text}: some reason why the backup or the segment stays holds the text. */
    private static void says(RetentionCase each, RetentionPlan plan, String row) {
        String[] parts = row.split(" +", 2);
        String[] segment = parts[0].split("/", -1);
        Stream<String> reasons = segment.length == 1
                ? fate(each, plan, parts[0]).reasons().stream().map(Reason::text)
                : plan.wal().stream()
                        .filter(wal -> wal.timeline().id() == Integer.parseInt(segment[0])
                                && wal.first().index(each.size()) <= Long.parseLong(segment[1])
                                && Long.parseLong(segment[1]) <= wal.last().index(each.size()))
                        .flatMap(wal -> wal.reason().stream())
                        .map(WalReason::text);

        assertThat(reasons).as(row).anySatisfy(reason -> assertThat(reason).contains(parts[1]));
    }

    /** {@code A 2026-03-10}: when the backup leaves; or {@code A unknown}; or {@code A after 2}: further backups. */
    private static void leaves(RetentionCase each, RetentionPlan plan, String row) {
        String[] parts = row.split(" +", 2);
        if (parts[1].startsWith("after ")) {
            String more = parts[1].substring("after ".length());
            assertThat(fate(each, plan, parts[0]).goesAfter())
                    .as(row)
                    .isEqualTo(more.equals("unknown") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(more)));
            return;
        }
        Optional<Instant> expected =
                parts[1].equals("unknown") ? Optional.empty() : Optional.of(RetentionCase.time(parts[1]));

        assertThat(fate(each, plan, parts[0]).goes()).as(row).isEqualTo(expected);
    }

    private static BackupFate fate(RetentionCase each, RetentionPlan plan, String label) {
        return plan.backups().stream()
                .filter(fate -> fate.backup().id().equals(each.backup(label)))
                .findFirst()
                .orElseThrow();
    }

    private static List<RetentionCase> read(String file) {
        List<RetentionCase> cases = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        String name = "";
        for (String line : lines("/retention-cases/" + file + ".txt")) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith(" ")) {
                rows.add(line);
                continue;
            }
            if (!rows.isEmpty()) {
                cases.add(new RetentionCase(name, rows));
            }
            name = line.strip();
            rows = new ArrayList<>();
        }
        cases.add(new RetentionCase(name, rows));
        return cases;
    }

    private static List<String> lines(String resource) {
        try (InputStream in =
                Objects.requireNonNull(RetentionCasesTest.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
