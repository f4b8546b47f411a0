// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.status.ClusterStatus;

/** Clusters in each of the states that a page shows, from repositories on a disk. */
record Scenes(Path directory) {
    static final Instant NOW = Instant.parse("2026-11-30T07:31:00Z");
    private static final String HOSTILE = "<b>\"'&\u202e\u05d0\u05d1<script>alert(1)</script>";

    /** What a test stores, a step at a time. */
    private interface Life {
        void in(StoredSession stored) throws IOException;
    }

    private static Instant ago(long hours) {
        return NOW.minus(Duration.ofHours(hours));
    }

    private Reading reading(String scene, Life life, List<String> away) throws IOException {
        Path own = Files.createDirectories(directory.resolve(scene));
        try (StoredSession stored = StoredSession.ofTwo(own, ago(240))) {
            life.in(stored);
            stored.at(NOW);
            for (String each : away) {
                stored.remove(each);
            }
            return new Reading(
                    NOW,
                    ClusterStatus.of(
                            stored.session(), ClusterReading.of(stored.session(), WalReading.WHOLE, NOW), true),
                    Optional.of(Duration.ofMinutes(30)),
                    Map.of(),
                    Map.of());
        }
    }

    private static Checked checked(Finding... findings) {
        return new Checked(
                NOW, new CheckReport(new ClusterName("main"), List.of("far", "near"), List.of(findings), List.of()));
    }

    private static ClusterOnPage cluster(String name, Reading reading, Finding... findings) {
        return new ClusterOnPage(
                new ClusterName(name), ObservedCluster.NOTHING.with(reading).with(checked(findings)));
    }

    private static final Finding WELL = Finding.ok("archiver", "the last segment was archived 4s ago");
    private static final Finding ROOM =
            Finding.ok("free-space", "412 GiB are free").of("near").with(Measure.FREE, 412L << 30);

    /** A segment each two hours; a backup each day, of three segments. */
    private static void days(StoredSession stored, int timeline, int from, int until, List<Integer> without)
            throws IOException {
        for (int place = from; place < until; place++) {
            stored.at(ago(240 - 2L * place));
            if (place % 12 == 2) {
                BackupId id = stored.in("near").backup(timeline, place - 1, place);
                stored.in("far").backup(timeline, place - 1, place);
                if (place == 26) {
                    stored.in("near")
                            .archive()
                            .backups()
                            .mark(
                                    id,
                                    new Mark.Kept(
                                            stored.now(),
                                            Mark.Kept.Target.FULL,
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty()));
                }
            }
            if (!without.contains(place)) {
                stored.in("near").wal(timeline, place, place);
                stored.in("far").wal(timeline, place, place);
            }
        }
    }

    ClusterOnPage normal() throws IOException {
        return cluster("shop", reading("normal", stored -> days(stored, 1, 0, 120, List.of()), List.of()), WELL, ROOM);
    }

    /** The same, with a drill that has passed. */
    ClusterOnPage drilled() throws IOException {
        return cluster(
                "shop",
                reading(
                        "drilled",
                        stored -> {
                            days(stored, 1, 0, 120, List.of());
                            ClusterArchive archive = stored.in("near").archive();
                            IncarnationKeys keys = archive.identity().keys();
                            new DrillChains(archive.repository().store(), keys)
                                    .append(
                                            new DrillKeys(keys, UUID.randomUUID(), UUID.randomUUID()),
                                            HeldEvidence.proven(keys, "1", "20261128T020000Z", ago(20)));
                        },
                        List.of()),
                WELL,
                ROOM);
    }

    ClusterOnPage holeAndDamage() throws IOException {
        return cluster(
                "orders",
                reading(
                        "hole",
                        stored -> {
                            days(stored, 1, 0, 120, List.of(43, 44, 66));
                            BackupId first = stored.in("near")
                                    .archive()
                                    .backups()
                                    .list()
                                    .getFirst()
                                    .id();
                            stored.in("near")
                                    .archive()
                                    .backups()
                                    .mark(first, new Mark.Verified(NOW, 1, Mark.Scope.ALL));
                            BackupId last = stored.in("near")
                                    .archive()
                                    .backups()
                                    .list()
                                    .getLast()
                                    .id();
                            for (String each : List.of("near", "far")) {
                                stored.in(each)
                                        .archive()
                                        .backups()
                                        .mark(last, new Mark.Verified(NOW, 2, Mark.Scope.ALL));
                            }
                        },
                        List.of()),
                Finding.critical(
                                "damage",
                                "verify found 2 problems in backup 20261129T233100Z",
                                "See what is damaged with: tidemark verify 20261129T233100Z. Take a new backup with: tidemark backup")
                        .of("near"),
                Finding.warning(
                        "holes",
                        "2 segments are missing in every repository",
                        "Is it still in pg_wal of the server? Archive it with: tidemark wal-push PATH"),
                WELL,
                ROOM);
    }

    ClusterOnPage threeTimelines() throws IOException {
        return cluster(
                "billing",
                reading(
                        "timelines",
                        stored -> {
                            days(stored, 1, 0, 50, List.of());
                            stored.at(ago(146));
                            for (String each : List.of("near", "far")) {
                                stored.in(each)
                                        .history(
                                                2,
                                                "1\t"
                                                        + StoredArchive.SIZE
                                                                .start(47)
                                                                .plus(200) + "\tx\n");
                            }
                            days(stored, 2, 47, 86, List.of());
                            for (String each : List.of("near", "far")) {
                                stored.in(each)
                                        .history(
                                                3,
                                                "1\t"
                                                        + StoredArchive.SIZE
                                                                .start(47)
                                                                .plus(200) + "\tx\n2\t"
                                                        + StoredArchive.SIZE
                                                                .start(80)
                                                                .plus(100) + "\tx\n");
                            }
                            days(stored, 3, 80, 120, List.of());
                        },
                        List.of()),
                WELL,
                ROOM);
    }

    ClusterOnPage nothingYet() throws IOException {
        return cluster(
                "new",
                reading("nothing", stored -> {}, List.of()),
                Finding.critical(
                        "backups", "there is no backup: nothing can be restored", "Take one with: tidemark backup"));
    }

    ClusterOnPage oneAway() throws IOException {
        return cluster(
                "crm",
                reading("away", stored -> days(stored, 1, 0, 120, List.of()), List.of("far")),
                Finding.warning(
                                "repository",
                                "no answer within 7s",
                                "Is the store reachable from this host? Look with: tidemark check --now")
                        .of("far"),
                WELL,
                ROOM);
    }

    ClusterOnPage hostile() throws IOException {
        return cluster(
                "main",
                reading(
                        "hostile",
                        stored -> {
                            days(stored, 1, 0, 30, List.of());
                            BackupId id = stored.in("near")
                                    .archive()
                                    .backups()
                                    .list()
                                    .getFirst()
                                    .id();
                            stored.in("near").archive().backups().mark(id, new Mark.Annotated(NOW, HOSTILE));
                        },
                        List.of()),
                Finding.critical(HOSTILE, HOSTILE, HOSTILE + " with: tidemark check")
                        .of(HOSTILE));
    }

    /** All of them by name. */
    Map<String, ClusterOnPage> all() throws IOException {
        return new TreeMap<>(Map.of(
                "normal", normal(),
                "hole", holeAndDamage(),
                "timelines", threeTimelines(),
                "nothing", nothingYet(),
                "away", oneAway(),
                "hostile", hostile()));
    }
}
