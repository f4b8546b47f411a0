// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.retention.BackupFates;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.retention.FreedByDeletion;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.operations.retention.RetentionPlans;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.testkit.Rounds;

/** What goes by the policies is told by several commands; over archives at random they all say the same. */
class WhatGoesTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final int DAYS = 20;

    @TempDir
    private Path directory;

    @Test
    void allAnswersAreOne() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(8, 300);
        int leaving = 0;
        for (int round = 0; round < rounds; round++) {
            long seed = random.nextLong();
            Path place = Files.createDirectory(directory.resolve("round-" + round));
            try (StoredSession stored = archives(place, new Random(seed))) {
                SortedSet<String> expire = byExpiry(stored);
                String told = "seed " + seed + ": " + stored.session().repositorySettings();
                assertThat(byPlans(stored)).as("retention, " + told).isEqualTo(expire);
                assertThat(byFates(stored)).as("list-backup, " + told).isEqualTo(expire);
                assertThat(byCheck(stored)).as("check, " + told).isEqualTo(count(stored, expire));
                assertThat(byShowBackup(stored)).as("show-backup, " + told).isEqualTo(byDelete(stored));
                leaving += expire.size();
            }
        }
        assertThat(leaving).as("how much was let go").isPositive();
    }

    /** Two or three repositories with a policy each, in which backups and WAL are missing here and there. */
    private StoredSession archives(Path place, Random random) throws IOException {
        Map<String, String> policies = new TreeMap<>();
        for (String name : List.of("a", "b", "c").subList(0, 2 + random.nextInt(2))) {
            policies.put(
                    name,
                    switch (random.nextInt(4)) {
                        case 0 -> "";
                        case 1 -> "RECOVERY WINDOW OF " + (1 + random.nextInt(9)) + " DAYS";
                        default -> "REDUNDANCY " + (1 + random.nextInt(3));
                    });
        }
        StoredSession stored = new StoredSession(place, policies, now.minus(Duration.ofDays(DAYS)));
        long next = 1;
        for (int day = 1; day <= DAYS; day++) {
            stored.at(now.minus(Duration.ofDays(DAYS - day)).minus(Duration.ofMinutes(random.nextInt(60))));
            long last = next + 1 + random.nextInt(2);
            boolean isTaken = random.nextInt(3) == 0;
            for (String name : policies.keySet()) {
                for (long each = next; each <= last; each++) {
                    if (random.nextInt(40) > 0) {
                        stored.in(name).wal(1, each, each);
                    }
                }
                if (isTaken && random.nextInt(4) > 0) {
                    mark(stored, name, stored.in(name).backup(1, next, last), random);
                }
            }
            next = last + 1;
        }
        stored.at(now);
        return stored;
    }

    private void mark(StoredSession stored, String name, BackupId id, Random random) throws IOException {
        if (random.nextInt(8) == 0) {
            Kept.Target target = random.nextBoolean() ? Kept.Target.FULL : Kept.Target.STANDALONE;
            stored.in(name)
                    .archive()
                    .backups()
                    .mark(id, new Kept(stored.now(), target, Optional.empty(), Optional.empty(), Optional.empty()));
        }
        if (random.nextInt(8) == 0) {
            stored.in(name).archive().backups().mark(id, new Mark.Verified(stored.now(), 1, Mark.Scope.ALL));
        }
    }

    private static SortedSet<String> byExpiry(StoredSession stored) {
        SortedSet<String> leaving = new TreeSet<>();
        new ExpiryRun(stored.session(), stored.clock(), ExpiryRun.Mode.DRY_RUN, repository -> new NoProgress())
                .run(new ByPolicy(true, true))
                .archives()
                .forEach(each -> add(leaving, each.planned()));
        return leaving;
    }

    private SortedSet<String> byPlans(StoredSession stored) {
        SortedSet<String> leaving = new TreeSet<>();
        RetentionPlans.of(stored.session(), WalReading.WHOLE, now).planned().forEach(each -> add(leaving, each));
        return leaving;
    }

    private static void add(SortedSet<String> leaving, PlannedArchive planned) {
        planned.plan().leaving().forEach(each -> leaving.add(planned.repository() + " " + each.id()));
    }

    private SortedSet<String> byFates(StoredSession stored) {
        SortedSet<String> leaving = new TreeSet<>();
        ClusterReading reading = ClusterReading.of(stored.session(), WalReading.WHOLE, now);
        BackupFates fates = BackupFates.of(stored.session(), reading);
        for (ListedBackup backup : BackupListing.of(reading)) {
            for (Map.Entry<String, BackupFate> fate : fates.of(backup).entrySet()) {
                if (!fate.getValue().stays()) {
                    leaving.add(fate.getKey() + " " + backup.id());
                }
            }
        }
        return leaving;
    }

    /** How many go, by the repository; of one without a backup check says nothing. */
    private static Map<String, Long> byCheck(StoredSession stored) throws InterruptedException {
        Map<String, Long> leaving = new LinkedHashMap<>();
        stored.session().repositorySettings().forEach(each -> leaving.put(each.name(), 0L));
        List<Finding> findings = new ArrayList<>(
                Checkup.of(stored.session(), stored.clock(), new CheckRequest(Duration.ofSeconds(30), false, false))
                        .findings());
        findings.stream()
                .filter(each -> each.values().containsKey(Measure.LEAVING))
                .forEach(each -> leaving.put(
                        each.repository().orElseThrow(), each.values().get(Measure.LEAVING)));
        return leaving;
    }

    /** What each backup's deletion would free in each repository. */
    private SortedMap<String, String> byShowBackup(StoredSession stored) throws IOException {
        SortedMap<String, String> freed = new TreeMap<>();
        ClusterReading reading = ClusterReading.of(stored.session(), WalReading.WHOLE, now);
        for (ListedBackup backup : BackupListing.of(reading)) {
            FreedByDeletion.of(stored.session(), reading, backup)
                    .forEach((repository, totals) -> freed.put(repository + " " + backup.id(), words(totals)));
        }
        return freed;
    }

    /** The same by {@code delete}. */
    private static SortedMap<String, String> byDelete(StoredSession stored) {
        SortedMap<String, String> freed = new TreeMap<>();
        ClusterReading reading = ClusterReading.of(stored.session(), WalReading.WHOLE, stored.now());
        for (ListedBackup backup : BackupListing.of(reading)) {
            new ExpiryRun(stored.session(), stored.clock(), ExpiryRun.Mode.DRY_RUN, repository -> new NoProgress())
                    .run(new Named(backup.id())).archives().stream()
                            .map(ExpiryRun.Expired::planned)
                            .filter(each -> backup.repositories().contains(each.repository()))
                            .forEach(each -> freed.put(
                                    each.repository() + " " + backup.id(),
                                    words(RetentionTotals.leaving(each.plan()))));
        }
        return freed;
    }

    private static String words(RetentionTotals totals) {
        return totals.backups() + " backups, " + totals.backupBytes() + " B, " + totals.segments() + " segments";
    }

    /** An operator's deletion without what refuses it. */
    private record Named(BackupId id) implements ExpiryRun.Planning {
        @Override
        public ExpiryOutlook.Rule rule(RetentionSettings settings, Optional<Tombstone> last) {
            return ExpiryOutlook.named(Set.of(id));
        }

        @Override
        public String why(RetentionSettings settings) {
            return "delete";
        }
    }

    private static Map<String, Long> count(StoredSession stored, SortedSet<String> leaving) {
        Map<String, Long> counts = new LinkedHashMap<>();
        stored.session()
                .repositorySettings()
                .forEach(each -> counts.put(
                        each.name(),
                        leaving.stream()
                                .filter(line -> line.startsWith(each.name() + " "))
                                .count()));
        return counts;
    }

    private static final class NoProgress implements ObjectProgress {
        @Override
        public void done(long objects, long bytes) {}

        @Override
        public void close() {}
    }
}
