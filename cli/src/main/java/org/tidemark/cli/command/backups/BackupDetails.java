// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.StoredConfiguration;
import org.tidemark.core.Amounts;
import org.tidemark.core.PathBytes;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.retention.FreedByDeletion;
import org.tidemark.operations.retention.RetentionTotals;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupWal;
import org.tidemark.recoverability.BackupWal.Amount;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.StoredBackup;
import org.tidemark.view.Json;

/**
 * What show-backup says of a backup besides its description: what must be computed or read. Immutable.
 *
 * @param sharedBytes of stored objects that belong to other backups; empty if the list of bundles cannot be read
 * @param freed by repository
 */
record BackupDetails(
        BaseBackup backup,
        Optional<Long> sharedBytes,
        Map<String, RetentionTotals> freed,
        Map<String, Mark.Verified> verified,
        BackupWal wal) {
    static BackupDetails of(
            Session session, ListedBackup listed, BaseBackup backup, List<StoredBackup> copies, ClusterReading reading)
            throws IOException {
        return new BackupDetails(
                backup,
                shared(copies),
                FreedByDeletion.of(session, reading, listed),
                listed.verified(),
                reading.walOf(backup));
    }

    private static Optional<Long> shared(List<StoredBackup> copies) {
        for (StoredBackup copy : copies) {
            if (copy.entry() instanceof CatalogEntry.Published) {
                try {
                    return Optional.of(copy.sharedBytes());
                } catch (IOException e) {
                    // The next copy may be readable; verify tells what is damaged.
                }
            }
        }
        return Optional.empty();
    }

    private Duration duration() {
        return Duration.between(backup.run().started(), backup.run().ended());
    }

    /** Bytes of the cluster per second; empty if it took no time. */
    private Optional<Long> rate() {
        long millis = duration().toMillis();
        return millis <= 0
                ? Optional.empty()
                : Optional.of((long) (backup.contents().dataSizeBytes() * 1000.0 / millis));
    }

    /** The lines of each title. */
    Map<String, List<String>> lines() {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        lines.put("label", List.of(label()));
        lines.put("method", List.of(backup.run().method()));
        rate().ifPresent(rate -> lines.put("rate", List.of(Amounts.size(rate) + "/s of the cluster's files")));
        lines.put(
                "shared",
                List.of(sharedBytes
                        .map(bytes ->
                                bytes == 0 ? "nothing of other backups" : Amounts.size(bytes) + " of other backups")
                        .orElse("unknown: its list of bundles cannot be read")));
        lines.put(
                "freed",
                freed.entrySet().stream()
                        .map(each -> "about "
                                + Amounts.size(each.getValue().backupBytes()
                                        + each.getValue().walBytes())
                                + " in '" + each.getKey() + "' if it is deleted, with "
                                + Amounts.count(each.getValue().segments(), "WAL segment", "WAL segments"))
                        .toList());
        lines.put(
                "verified",
                verified.isEmpty()
                        ? List.of("never")
                        : verified.entrySet().stream()
                                .map(each -> "in '" + each.getKey() + "' at "
                                        + Amounts.second(each.getValue().at()) + ", scope "
                                        + each.getValue().scope() + ", "
                                        + Amounts.count(each.getValue().problems(), "problem", "problems"))
                                .toList());
        Amount amount = wal.amount();
        lines.put(
                "WAL until",
                List.of(wal.last().name()
                        + wal.next().map(next -> ", before backup " + next.id()).orElse(", the end of the archive")
                        + ": " + Amounts.count(amount.segments(), "segment", "segments") + ", about "
                        + Amounts.size(amount.storedBytes())
                        + (amount.missing() == 0
                                ? ""
                                : "; " + amount.missing()
                                        + (amount.missing() == 1 ? " of them is missing" : " of them are missing"))));
        return lines;
    }

    private String label() {
        return "tidemark " + backup.id();
    }

    /** All WAL that the backup needs. */
    List<Segment> segments() {
        return backup.wal().segments(backup.origin().walSegmentSize()).toList();
    }

    /** The details in JSON. */
    record View(
            String label,
            String method,
            String tool,
            long durationSeconds,
            Optional<Long> bytesPerSecond,
            Optional<Long> sharedSize,
            List<Freed> freed,
            WalUntilNext walUntilNext,
            List<Segment> wal,
            List<Space> tablespaces,
            List<ServerFile> configuration,
            List<DamagedPage> damagedPageList) {
        record Freed(String repository, long size, long segments) {}

        record WalUntilNext(Optional<String> next, Segment last, long segments, long missing, long storedSize) {}

        record ServerFile(String path, Optional<String> setting, long size, List<String> withoutPasswords) {}

        record Space(long oid, Optional<String> name, String location, long size) {}
    }

    View view() {
        Amount amount = wal.amount();
        return new View(
                label(),
                backup.run().method(),
                backup.run().tool(),
                duration().toSeconds(),
                rate(),
                sharedBytes,
                Json.list(
                        freed,
                        (repository, each) ->
                                new View.Freed(repository, each.backupBytes() + each.walBytes(), each.segments())),
                new View.WalUntilNext(
                        wal.next().map(BackupCandidate::id),
                        wal.last(),
                        amount.segments(),
                        amount.missing(),
                        amount.storedBytes()),
                segments(),
                Json.list(
                        backup.contents().tablespaces(),
                        each -> new View.Space(each.oid(), each.name(), each.location(), each.sizeBytes())),
                Json.list(
                        backup.objects()
                                .configuration()
                                .map(StoredConfiguration::files)
                                .orElse(List.of()),
                        each -> new View.ServerFile(
                                PathBytes.printable(each.path()),
                                each.setting().map(StoredConfiguration.Setting::toString),
                                each.sizeBytes(),
                                each.withoutPasswords())),
                backup.contents().damagedPages());
    }
}
