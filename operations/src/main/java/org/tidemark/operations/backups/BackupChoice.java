// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.reading.StoredBackup;

/**
 * Which backup an operator means: an id, {@code latest}, {@code previous}, {@code oldest}, {@code latest-full}, a name.
 */
public final class BackupChoice {
    private BackupChoice() {}

    /**
     * Every copy of the chosen backup, in the order of the repositories; at least one. A backup whose description
     * cannot be read is found only by its id.
     *
     * @throws UserFacingException NO_BACKUP if there is none, USAGE if several backups have the name
     */
    public static List<StoredBackup> find(String text, List<StoredBackup> stored) {
        List<StoredBackup> byId =
                stored.stream().filter(each -> each.id().value().equals(text)).toList();
        if (!byId.isEmpty()) {
            return byId;
        }
        Optional<UserFacingException> removed = removed(text, stored);
        if (removed.isPresent()) {
            throw removed.get();
        }
        List<BaseBackup> backups = distinct(stored);
        BaseBackup chosen = switch (text) {
            case "latest" -> at(backups, backups.size() - 1, text);
            case "latest-full" -> {
                List<BaseBackup> full = backups.stream()
                        .filter(each -> each.type() == BaseBackup.Type.FULL)
                        .toList();
                yield at(full, full.size() - 1, text);
            }
            case "previous" -> at(backups, backups.size() - 2, text);
            case "oldest" -> at(backups, 0, text);
            default -> named(backups, text);
        };
        return stored.stream()
                .filter(each -> each.entry() instanceof CatalogEntry.Published published
                        && published.backup().keys().equals(chosen.keys()))
                .toList();
    }

    /** By ancestry and position within an incarnation; incarnations by the time of their backups. */
    private static List<BaseBackup> distinct(List<StoredBackup> stored) {
        Map<BackupKeys, BaseBackup> byKeys = new LinkedHashMap<>();
        for (StoredBackup each : stored) {
            if (each.entry() instanceof CatalogEntry.Published published) {
                byKeys.putIfAbsent(published.backup().keys(), published.backup());
            }
        }
        List<BaseBackup> backups = new ArrayList<>(byKeys.values());
        Comparator<BaseBackup> alongTheWay = Comparator.comparing(
                        (BaseBackup backup) -> backup.wal().timeline())
                .thenComparing(backup -> backup.wal().stop())
                .thenComparing(backup -> backup.run().ended());
        Comparator<BaseBackup> inTime =
                Comparator.comparing(backup -> backup.run().ended());
        backups.sort((a, b) ->
                a.origin().system().equals(b.origin().system()) ? alongTheWay.compare(a, b) : inTime.compare(a, b));
        return backups;
    }

    private static BaseBackup at(List<BaseBackup> backups, int index, String text) {
        if (index < 0) {
            throw none(text);
        }
        return backups.get(index);
    }

    private static BaseBackup named(List<BaseBackup> backups, String name) {
        List<BaseBackup> found = backups.stream()
                .filter(backup ->
                        backup.name().isPresent() && backup.name().get().equals(name))
                .toList();
        if (found.size() > 1) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    found.size() + " backups are called '" + name + "'",
                    "Give the id of one: " + found.stream().map(BaseBackup::id).toList());
        }
        if (found.isEmpty()) {
            throw none(name);
        }
        return found.getFirst();
    }

    /**
     * As {@link #find}, but only what is a backup, if perhaps a broken one.
     *
     * @throws UserFacingException NO_BACKUP also for a backup that runs, waits or was interrupted, or that was removed
     */
    public static List<StoredBackup> findBackup(String text, List<StoredBackup> stored) {
        List<StoredBackup> copies = find(text, stored);
        if (copies.stream().allMatch(each -> each.entry() instanceof CatalogEntry.Unpublished)) {
            throw notABackup(copies);
        }
        return copies;
    }

    /**
     * Refuses what is not a backup: there is nothing to restore.
     *
     * @param copies of one id, none of which is published; at least one
     */
    public static UserFacingException notABackup(List<StoredBackup> copies) {
        BackupId id = copies.getFirst().id();
        return removed(id.value(), copies).orElseGet(() -> incomplete(id, copies));
    }

    private static UserFacingException incomplete(BackupId id, List<StoredBackup> copies) {
        boolean isWaiting = copies.stream()
                .anyMatch(each -> each.entry() instanceof CatalogEntry.Unpublished left
                        && left.stage() == CatalogEntry.Stage.WAITING);
        return new UserFacingException(
                ExitCode.NO_BACKUP,
                "backup '" + id + "' is incomplete: "
                        + (isWaiting
                                ? "it waits for its WAL to be archived"
                                : "it is in progress, or it was interrupted"),
                isWaiting
                        ? "When the WAL has arrived, 'tidemark cron' completes the backup. Find out why it does not"
                                + " arrive with: tidemark check"
                        : "See which backups are complete with: tidemark list-backup");
    }

    /** When it was removed, and by what; empty if it is no id, or if no repository says that it was removed. */
    private static Optional<UserFacingException> removed(String text, List<StoredBackup> stored) {
        if (!BackupId.isId(text)) {
            return Optional.empty();
        }
        BackupId id = new BackupId(text);
        Map<ClusterArchive, String> archives = new LinkedHashMap<>();
        stored.forEach(each -> archives.putIfAbsent(each.archive(), each.repository()));
        List<String> removals = new ArrayList<>();
        archives.forEach((archive, repository) -> {
            try {
                archive.backups()
                        .removal(id)
                        .ifPresent(each -> removals.add("from '" + repository + "' at " + Amounts.second(each.at())
                                + " by '" + each.host() + "' (" + each.why() + ")"));
            } catch (IOException e) {
                // The repository answered a moment ago: without it, less is said of a backup that is not there.
            }
        });
        return removals.isEmpty()
                ? Optional.empty()
                : Optional.of(new UserFacingException(
                        ExitCode.NO_BACKUP,
                        "backup '" + id + "' was removed " + String.join(", ", removals),
                        "List the backups that are there with: tidemark list-backup"));
    }

    private static UserFacingException none(String text) {
        return new UserFacingException(
                ExitCode.NO_BACKUP, "there is no backup '" + text + "'", "List the backups with: tidemark list-backup");
    }
}
