// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** Claims the id of a new backup, so that two that begin in one second do not mix. Used by one thread. */
public final class IdClaim {
    /** More backups of one cluster than this never begin in one second. */
    private static final int MAX_NUMBER = 100;

    private final RandomGenerator random;
    private final Instant started;
    private final String host;
    private final Optional<Lsn> walFrom;
    /** The number of the last id that was tried: variants of one backup have different ids. */
    private int number;

    /** @param walFrom the backup needs no WAL before it */
    public IdClaim(RandomGenerator random, Instant started, String host, Optional<Lsn> walFrom) {
        this.random = random;
        this.started = started;
        this.host = host;
        this.walFrom = walFrom;
    }

    /**
     * Claims one id in every repository of a variant that has not failed.
     *
     * @param parents the backups whose objects it may refer to
     * @param others the repositories of the other variants: an id of a backup there would name two backups
     */
    public Intent claim(List<Receiver> receivers, List<Receiver> others, List<BackupId> parents) {
        byte[] nonce = new byte[16];
        random.nextBytes(nonce);
        while (number < MAX_NUMBER) {
            number++;
            Intent intent = new Intent(
                    BackupId.of(started, number), HexFormat.of().formatHex(nonce), host, started, walFrom, parents);
            // Asked again afterwards: of two backups that claim it at the same time, one at least sees the other.
            if (isFree(intent, others)
                    && receivers.stream().filter(Receiver::isLive).allMatch(each -> isClaimed(intent, each))
                    && isFree(intent, others)) {
                return intent;
            }
        }
        throw new UserFacingException(
                ExitCode.BACKUP_FAILED,
                "the ids of backups that began at " + started + " are all taken in "
                        + receivers.getFirst().description(),
                "Is something taking one backup after another? Wait a second, then try again.");
    }

    private static boolean isFree(Intent intent, List<Receiver> others) {
        return others.stream().filter(Receiver::isLive).noneMatch(each -> isOfAnother(intent, each));
    }

    /** Whether the id belongs to another backup there; false if the repository fails now. */
    private static boolean isOfAnother(Intent intent, Receiver receiver) {
        try {
            Optional<Intent> stored = receiver.archive().backups().intent(intent.id());
            return stored.isPresent() && !stored.get().nonce().equals(intent.nonce());
        } catch (DamagedObjectException e) {
            return true;
        } catch (IOException e) {
            receiver.fail(e);
            return false;
        }
    }

    /** Also true if the repository fails now: then it no longer takes part. */
    private static boolean isClaimed(Intent intent, Receiver receiver) {
        try {
            return claim(intent, receiver.objects().store(), receiver.archive().backups());
        } catch (IOException e) {
            receiver.fail(e);
            return true;
        }
    }

    private static boolean claim(Intent intent, ObjectStore store, BackupCatalog catalog) throws IOException {
        try {
            store.putIfAbsent(catalog.keys(intent.id()).intent(), ObjectSource.of(intent.encode()));
            // Where two writers can both be told success, the one whose nonce can be read has won.
            return store.traits().exclusiveCreate() == ExclusiveCreate.ATOMIC || isOurs(intent, catalog);
        } catch (ObjectExists e) {
            return isOurs(intent, catalog);
        } catch (StorageUnavailable e) {
            // The answer may have been lost after the object was stored. An interrupted thread asks no more.
            if (Thread.currentThread().isInterrupted() || !isOurs(intent, catalog)) {
                throw e;
            }
            return true;
        }
    }

    private static boolean isOurs(Intent intent, BackupCatalog catalog) throws IOException {
        try {
            Optional<Intent> stored = catalog.intent(intent.id());
            return stored.isPresent() && stored.get().nonce().equals(intent.nonce());
        } catch (DamagedObjectException e) {
            return false;
        }
    }
}
