// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.ReferringBackups;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;

/** A backup that refers to others is copied with everything that it refers to, or not at all. */
class ReferringBackupsSyncTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final int PAGE = 8192;

    @TempDir
    private Path work;

    private final ObjectStore source = new MemoryStore(Clock.systemUTC());
    private final ObjectStore target = new MemoryStore(Clock.systemUTC());
    private BaseBackup parent;
    private BaseBackup child;

    @BeforeEach
    void takeBackups() throws IOException {
        Random random = Rounds.random();
        ReferringBackups backups = new ReferringBackups(source, work, random, PAGE);
        backups.files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        for (int file = 0; file < 9; file++) {
            byte[] content = new byte[20 * PAGE];
            random.nextBytes(content);
            backups.files.put("base/5/" + (16_384 + file), content);
        }
        parent = backups.full(BEGIN);
        byte[] changed =
                Objects.requireNonNull(backups.files.get("base/5/16386")).clone();
        changed[3 * PAGE] ^= 1;
        changed[9 * PAGE] ^= 1;
        backups.files.put("base/5/16386", changed);
        child = backups.backup(BEGIN.plusSeconds(86_400));
        ClusterIdentity identity = archive(source).identity();
        Repository.create(target, Clock.systemUTC()).register(identity, Clock.systemUTC());
    }

    private static ClusterArchive archive(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM)
                .orElseThrow();
    }

    private SyncReport copy() throws Exception {
        return new ArchiveSync(new SyncOptions(2, SyncMode.COPY, Comparing.DIGESTS), (objects, bytes) -> {})
                .copy(archive(source), archive(target));
    }

    private void assertSoundInTarget(BaseBackup... backups) throws IOException {
        Verifier.Options options = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        var report = new Verifier(target, PrivateKeys.NONE, options, Clock.systemUTC(), (objects, bytes) -> {})
                .verify(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM, Optional.empty());
        assertThat(report.problems()).isZero();
        assertThat(report.sound())
                .containsExactlyElementsOf(
                        List.of(backups).stream().map(BaseBackup::id).toList());
    }

    private void removeParentInSource() throws IOException {
        BackupCatalog catalog = archive(source).backups();
        catalog.noteRemoval(new Tombstone(parent.id(), BEGIN, BEGIN, "db1", "REDUNDANCY 1"));
        catalog.unpublish(parent.id());
    }

    private ObjectKey bundleOfParent() throws IOException {
        BackupCatalog catalog = archive(source).backups();
        BundleRef bundle = catalog.bundles(child).values().stream()
                .filter(each -> each.id().equals(parent.id()))
                .findFirst()
                .orElseThrow();
        return catalog.keys(bundle.id()).bundle(bundle.number());
    }

    @Test
    void bothAreCopied() throws Exception {
        SyncReport report = copy();

        assertThat(report.problems()).isEmpty();
        assertThat(report.backups())
                .containsExactly(parent.id().value(), child.id().value());
        assertSoundInTarget(parent, child);
        assertThat(copy().problems()).isEmpty();
    }

    @Test
    void aBackupIsCopiedWithWhatItRefersToOfARemovedOne() throws Exception {
        removeParentInSource();

        SyncReport report = copy();

        assertThat(report.problems()).isEmpty();
        assertThat(report.backups()).containsExactly(child.id().value());
        assertSoundInTarget(child);
        assertThat(archive(target).backups().list())
                .as("an expiry finds what is left of the other one by its documents")
                .extracting(CatalogEntry::id)
                .containsExactly(parent.id(), child.id());
    }

    @Test
    void aBackupThatRefersToAMissingBundleIsNotPublished() throws Exception {
        removeParentInSource();
        ObjectKey bundle = bundleOfParent();
        source.delete(List.of(bundle));

        SyncReport report = copy();

        assertThat(report.backups()).isEmpty();
        assertThat(report.problems())
                .anyMatch(each -> each.subject().contains(bundle.value()))
                .anyMatch(each -> each.subject().equals(child.id().value())
                        && each.text().contains("not all of its objects are there"));
        assertThat(archive(target).backups().list()).isEmpty();
    }

    @Test
    void whatTheOtherRepositoryLostOfTheParentIsCopiedOnceMore() throws Exception {
        removeParentInSource();
        copy();
        target.delete(List.of(bundleOfParent()));

        copy();

        assertSoundInTarget(child);
    }
}
