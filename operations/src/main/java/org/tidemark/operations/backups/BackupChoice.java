// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

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
        List<BaseBackup> backups = distinct(stored);
        BaseBackup chosen = switch (text) {
            case "latest", "latest-full" -> at(backups, backups.size() - 1, text);
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
        List<BaseBackup> backups = new ArrayList<>();
        for (StoredBackup each : stored) {
            if (each.entry() instanceof CatalogEntry.Published published
                    && backups.stream()
                            .noneMatch(known ->
                                    known.keys().equals(published.backup().keys()))) {
                backups.add(published.backup());
            }
        }
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

    /** Refuses a backup that is in progress or was interrupted: there is nothing to restore. */
    public static UserFacingException incomplete(BackupId id) {
        return new UserFacingException(
                ExitCode.NO_BACKUP,
                "backup '" + id + "' is incomplete: it is in progress, or it was interrupted",
                "See which backups are complete with: tidemark list-backup");
    }

    private static UserFacingException none(String text) {
        return new UserFacingException(
                ExitCode.NO_BACKUP, "there is no backup '" + text + "'", "List the backups with: tidemark list-backup");
    }
}
