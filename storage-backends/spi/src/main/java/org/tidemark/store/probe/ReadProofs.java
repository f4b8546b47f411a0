// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.probe;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.UnfinishedUploads;

/** Tries what readers need. Not thread-safe. */
final class ReadProofs {
    private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);
    /** Older than any upload that is under way. */
    private static final Duration LONG_UNFINISHED = Duration.ofDays(7);

    private final ObjectStore store;
    private final Clock clock;
    private final ScratchObjects scratch;
    private final List<Proof> proofs;

    ReadProofs(ObjectStore store, Clock clock, ScratchObjects scratch, List<Proof> proofs) {
        this.store = store;
        this.clock = clock;
        this.scratch = scratch;
        this.proofs = proofs;
    }

    void reads() {
        byte[] expected = scratch.content(0);
        try {
            if (!Arrays.equals(read(ByteRange.ALL), expected)) {
                proofs.add(Proof.broken("read", "what is read is not what was stored", "Do not use this store."));
                return;
            }
            proofs.add(Proof.kept("read", "what was stored is read back"));
            byte[] part = read(new ByteRange(1000, 5000));
            proofs.add(
                    Arrays.equals(part, Arrays.copyOfRange(expected, 1000, 6000))
                            ? Proof.kept("range", "a part of an object can be read")
                            : Proof.broken(
                                    "range", "a part that was asked for is another one", "Do not use this store."));
        } catch (StorageDenied e) {
            proofs.add(
                    Proof.missing(
                            "read",
                            "reading is refused: " + message(e),
                            "Without it a segment that is archived twice cannot be told from another one of the same name,"
                                    + " which PostgreSQL does after a crash; nothing can be verified or restored from this host."));
        } catch (ObjectMissing e) {
            proofs.add(Proof.broken("read", "what was stored cannot be found", "Do not use this store."));
        } catch (IOException e) {
            proofs.add(Proof.unknown("read", message(e), "Run it again."));
        }
    }

    private byte[] read(ByteRange range) throws IOException {
        try (InputStream in = store.open(scratch.key(0), range)) {
            return in.readNBytes(2 * ScratchObjects.BYTES);
        }
    }

    void looksUp() {
        try {
            boolean found = store.stat(scratch.key(0))
                    .filter(info -> info.sizeBytes() == ScratchObjects.BYTES)
                    .isPresent();
            boolean absent = store.stat(scratch.never()).isEmpty();
            proofs.add(
                    found && absent
                            ? Proof.kept("look up", "what is there and what is not are told apart")
                            : Proof.broken(
                                    "look up",
                                    found
                                            ? "an object that never was is said to be there"
                                            : "what was stored is not seen",
                                    "Do not use this store."));
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "look up",
                    "whether an object is there is not told: " + message(e),
                    "Without it wal-fetch can never say that there is no more WAL: it stops the recovery instead."
                            + " Some stores tell it only to those who may list."));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("look up", message(e), "Run it again."));
        }
    }

    void lists() {
        try {
            ObjectPage page = store.list(scratch.place(), Optional.empty(), 100);
            List<ObjectKey> keys = page.objects().stream().map(ObjectInfo::key).toList();
            List<ObjectKey> sorted = keys.stream().sorted().toList();
            proofs.add(
                    keys.contains(scratch.key(0)) && keys.equals(sorted)
                            ? Proof.kept("list", "what was stored is listed")
                            : Proof.broken(
                                    "list",
                                    "what was stored is not listed, or not in order",
                                    "Holes could not be told from WAL that is there."));
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "list",
                    "listing is refused: " + message(e),
                    "Archiving works without it; check, list-backup, verify and recover do not."));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("list", message(e), "Run it again."));
        }
    }

    void clocksAgree() {
        try {
            Instant before = clock.instant();
            scratch.create(2);
            Instant after = clock.instant();
            Optional<ObjectInfo> info = store.stat(scratch.key(2));
            if (info.isEmpty()) {
                proofs.add(Proof.broken("clock", "what was stored is not seen", "Do not use this store."));
                return;
            }
            Instant stored = info.get().stored();
            Duration apart = stored.isBefore(before)
                    ? Duration.between(stored, before)
                    : stored.isAfter(after) ? Duration.between(after, stored) : Duration.ZERO;
            String message = "the store's clock and this host's are " + apart.toSeconds() + " s apart";
            proofs.add(
                    apart.compareTo(CLOCK_TOLERANCE) <= 0
                            ? Proof.kept("clock", message)
                            : Proof.missing("clock", message, "Set the clock: nothing is expired while they differ."));
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "clock",
                    "the store's clock cannot be seen: " + message(e),
                    "See that the clocks of the store and of this host agree."));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("clock", message(e), "Run it again."));
        }
    }

    void unfinished() {
        Optional<UnfinishedUploads> uploads = store.unfinishedUploads();
        if (uploads.isEmpty()) {
            return;
        }
        try {
            int old = uploads.get()
                    .begunBefore("", clock.instant().minus(LONG_UNFINISHED), ObjectStore.MAX_PAGE)
                    .size();
            proofs.add(Proof.kept("uploads", old + " unfinished uploads are older than a week"));
        } catch (StorageDenied e) {
            proofs.add(Proof.missing(
                    "uploads",
                    "unfinished uploads cannot be listed: " + message(e),
                    "What they take can then only be removed by a rule of the store itself."));
        } catch (StorageException e) {
            proofs.add(Proof.unknown("uploads", message(e), "Run it again."));
        }
    }

    private static String message(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
