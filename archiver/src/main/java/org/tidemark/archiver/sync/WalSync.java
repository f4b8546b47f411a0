// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.sync;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.archiver.sync.ObjectTransfer.Identity;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.verify.IncarnationKey;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/** Copies WAL files: histories first, since WAL of a timeline without its history leads a recovery astray. */
final class WalSync {
    private final ClusterIdentity identity;
    private final ObjectStore from;
    private final ObjectStore to;
    private final SyncOptions options;
    private final ObjectTransfer transfer;

    WalSync(ClusterIdentity identity, ObjectStore from, ObjectStore to, SyncOptions options, ObjectTransfer transfer) {
        this.identity = identity;
        this.from = from;
        this.to = to;
        this.options = options;
        this.transfer = transfer;
    }

    /** Returns when all of it is stored. */
    void run(TransferPool pool) throws IOException {
        String incarnation = identity.cluster() + "/" + identity.system() + "/";
        folder(incarnation + "history/", pool);
        pool.finish();
        folder(incarnation + "wal/", pool);
        pool.finish();
    }

    private void folder(String prefix, TransferPool pool) throws IOException {
        KeyCursor here = new KeyCursor(from, prefix);
        KeyCursor there = new KeyCursor(to, prefix);
        for (ObjectInfo object = here.peek(); object != null; object = here.peek()) {
            ObjectInfo each = object;
            here.advance();
            Optional<Identity> what = identityOf(each);
            if (what.isEmpty()) {
                continue; // nothing of a repository: verify names it
            }
            if (!there.reaches(each.key())) {
                pool.submit(() -> transfer.container(each, what.get()));
            } else if (options.comparing() == SyncOptions.Comparing.HEADERS) {
                pool.submit(() -> transfer.compare(each.key(), what.get()));
            }
        }
    }

    private Optional<Identity> identityOf(ObjectInfo object) {
        return switch (IncarnationKey.parse(identity.cluster(), identity.system(), object.key())) {
            case IncarnationKey.Wal wal -> Optional.of(new Identity(ContainerKind.WAL, wal.name()));
            case IncarnationKey.History history ->
                Optional.of(
                        new Identity(ContainerKind.HISTORY, history.timeline().toHex() + ".history"));
            default -> Optional.empty();
        };
    }
}
