// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.ReferringBackups;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** What a backup needs of older ones stays as long as it does, object by object, and no longer. */
class ReferringBackupsExpiryTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final int PAGE = 1024;

    @TempDir
    private Path work;

    private final MovableClock clock = new MovableClock(BEGIN);
    private final MemoryStore store = new MemoryStore(clock);

    private ClusterArchive archive() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM)
                .orElseThrow();
    }

    private BackupCatalog catalog() throws IOException {
        return archive().backups();
    }

    private ReferringBackups begin(Random random) throws IOException {
        ReferringBackups backups = new ReferringBackups(store, work, random, PAGE);
        backups.files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        for (int file = 0; file < 9; file++) {
            byte[] content = new byte[(1 + random.nextInt(30)) * PAGE];
            random.nextBytes(content);
            backups.files.put("base/5/" + (16_384 + file), content);
        }
        return backups;
    }

    private static void change(ReferringBackups backups, Random random) {
        for (int pages = 1 + random.nextInt(5); pages > 0; pages--) {
            String path = "base/5/" + (16_384 + random.nextInt(9));
            byte[] content = Objects.requireNonNull(backups.files.get(path)).clone();
            content[random.nextInt(content.length)] ^= 1;
            backups.files.put(path, content);
        }
    }

    private void expire(int redundancy) throws IOException {
        ClusterArchive archive = archive();
        RetentionPlan plan = RetentionPlanner.plan(
                RetentionSettings.NONE.with(new Redundancy(redundancy)),
                CatalogReading.of(archive, archive.backups(), clock.instant()),
                clock.instant());
        new Expirer(archive, clock, "db1", "REDUNDANCY " + redundancy, (objects, bytes) -> {}).run(plan);
    }

    private Set<ObjectKey> data() throws IOException {
        Set<ObjectKey> keys = new TreeSet<>();
        for (var each : store.list(ReferringBackups.CLUSTER + "/", Optional.empty(), 1000)
                .objects()) {
            if (ObjectName.parse(each.key()) instanceof ObjectName.BackupData) {
                keys.add(each.key());
            }
        }
        return keys;
    }

    private List<BaseBackup> published() throws IOException {
        List<BaseBackup> published = new ArrayList<>();
        for (CatalogEntry each : catalog().list()) {
            if (each instanceof CatalogEntry.Published(BaseBackup backup, var _, var _)) {
                published.add(backup);
            }
        }
        return published;
    }

    /** Exactly the objects that the backups that are left name. */
    private void assertNothingMissesAndNothingIsLeft() throws IOException {
        Set<ObjectKey> needed = new HashSet<>();
        for (BaseBackup each : published()) {
            each.manifests().keySet().forEach(name -> needed.add(name.key()));
            for (BundleRef bundle : catalog().bundles(each).values()) {
                needed.add(catalog().keys(bundle.id()).bundle(bundle.number()));
            }
        }
        assertThat(data()).isEqualTo(needed);
        Verifier.Options options = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        var report = new Verifier(store, PrivateKeys.NONE, options, clock, (objects, bytes) -> {})
                .verify(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM, Optional.empty());
        assertThat(report.sound())
                .containsExactlyInAnyOrderElementsOf(
                        published().stream().map(BaseBackup::id).toList());
        assertThat(report.problems()).isZero();
    }

    @Test
    void whatRemainingBackupsReferToStaysAndNothingElse() throws IOException {
        Random random = Rounds.random();
        ReferringBackups backups = begin(random);
        backups.full(BEGIN);
        for (int day = 1; day <= 12; day++) {
            clock.set(BEGIN.plus(Duration.ofDays(day)));
            change(backups, random);
            if (day == 8) {
                backups.full(clock.instant());
            } else {
                backups.backup(clock.instant());
            }
            for (int run = 0; run < 4; run++) {
                expire(2);
            }
            assertNothingMissesAndNothingIsLeft();
        }
        assertThat(published()).hasSize(2);
        assertThat(data()).noneMatch(key -> key.value().contains("/20261101T"));
    }

    /** Its bundles are another backup's, so only the manifest part is referred to. */
    @Test
    void aManifestPartStaysAlsoIfNoBundleOfItsBackupIsReferredTo() throws IOException {
        ReferringBackups backups = begin(new Random(1));
        backups.full(BEGIN);
        clock.set(BEGIN.plus(Duration.ofDays(1)));
        byte[] before = Objects.requireNonNull(backups.files.get("base/5/16384"));
        byte[] changed = before.clone();
        changed[0] ^= 1;
        backups.files.put("base/5/16384", changed);
        backups.files.remove("base/5/16392");
        backups.backup(clock.instant());
        clock.set(BEGIN.plus(Duration.ofDays(2)));
        byte[] again = new byte[before.length + 1];
        backups.files.put("base/5/16384", again);
        BaseBackup last = backups.backup(clock.instant());
        BackupId middle = published().get(1).id();
        assertThat(catalog().bundles(last).values()).noneMatch(each -> each.id().equals(middle));
        assertThat(last.manifestParts()).anyMatch(each -> each.keys().id().equals(middle));

        clock.set(BEGIN.plus(Duration.ofDays(3)));
        for (int run = 0; run < 4; run++) {
            expire(1);
        }

        assertThat(published()).extracting(BaseBackup::id).containsExactly(last.id());
        assertNothingMissesAndNothingIsLeft();
    }

    /** A full backup refers to what an attempt has stored that was never published. */
    @Test
    void ofAnAttemptThatFailedWhatABackupRefersToStays() throws IOException {
        Random random = Rounds.random();
        ReferringBackups backups = begin(random);
        BackupId attempt = backups.full(BEGIN).id();
        store.delete(List.of(catalog().keys(attempt).backup()));
        clock.set(BEGIN.plus(Duration.ofDays(2)));
        change(backups, random);
        backups.backup(clock.instant());
        for (int day = 3; day <= 20; day += 3) {
            clock.set(BEGIN.plus(Duration.ofDays(day)));
            expire(1);
        }

        assertThat(data()).anyMatch(key -> key.value().contains("/" + attempt + "/"));
        backups.full(clock.instant());
        assertNothingMissesAndNothingIsLeft();
        clock.set(clock.instant().plus(Duration.ofDays(9)));
        for (int run = 0; run < 4; run++) {
            expire(1);
        }
        assertNothingMissesAndNothingIsLeft();
        assertThat(data()).noneMatch(key -> key.value().contains("/" + attempt + "/"));
    }
}
