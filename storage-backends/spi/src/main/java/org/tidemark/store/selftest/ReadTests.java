// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

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

/** Tests the operations that readers need. Not thread-safe. */
final class ReadTests {
    private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);
    /** An upload that began longer ago than this is no longer running. */
    private static final Duration LONG_UNFINISHED = Duration.ofDays(7);

    private final ObjectStore store;
    private final Clock clock;
    private final ScratchObjects scratch;
    private final List<SelfTestResult> results;

    ReadTests(ObjectStore store, Clock clock, ScratchObjects scratch, List<SelfTestResult> results) {
        this.store = store;
        this.clock = clock;
        this.scratch = scratch;
        this.results = results;
    }

    void reads() {
        byte[] expected = scratch.content(0);
        try {
            if (!Arrays.equals(read(ByteRange.ALL), expected)) {
                results.add(SelfTestResult.broken(
                        "read",
                        "the bytes that were read differ from the bytes that were stored",
                        "Do not use this store."));
                return;
            }
            results.add(SelfTestResult.kept("read", "the object's bytes were read back unchanged"));
            byte[] part = read(new ByteRange(1000, 5000));
            results.add(
                    Arrays.equals(part, Arrays.copyOfRange(expected, 1000, 6000))
                            ? SelfTestResult.kept("range", "a byte range of an object can be read")
                            : SelfTestResult.broken(
                                    "range", "the store returned the wrong byte range", "Do not use this store."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "read",
                    "reading is refused: " + message(e),
                    "PostgreSQL archives a segment again after a crash. Without read access Tidemark cannot tell"
                            + " whether that is the same segment, and this host cannot verify or restore anything."));
        } catch (ObjectMissing e) {
            results.add(SelfTestResult.broken(
                    "read", "the store does not find an object that was just stored", "Do not use this store."));
        } catch (IOException e) {
            results.add(SelfTestResult.unknown("read", message(e), "Run it again."));
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
            results.add(
                    found && absent
                            ? SelfTestResult.kept("look up", "the store says correctly whether an object exists")
                            : SelfTestResult.broken(
                                    "look up",
                                    found
                                            ? "the store reports an object that was never stored"
                                            : "the store does not report an object that was just stored",
                                    "Do not use this store."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "look up",
                    "the store did not say whether the object exists: " + message(e),
                    "Without this answer wal-fetch can never report the end of WAL: it stops the recovery instead."
                            + " Some stores give it only to credentials that may list."));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("look up", message(e), "Run it again."));
        }
    }

    void lists() {
        try {
            ObjectPage page = store.list(scratch.prefix(), Optional.empty(), 100);
            List<ObjectKey> keys = page.objects().stream().map(ObjectInfo::key).toList();
            List<ObjectKey> sorted = keys.stream().sorted().toList();
            results.add(
                    keys.contains(scratch.key(0)) && keys.equals(sorted)
                            ? SelfTestResult.kept("list", "the stored object is listed")
                            : SelfTestResult.broken(
                                    "list",
                                    "the stored object is not listed, or the keys are not in byte order",
                                    "Tidemark could not tell missing WAL from archived WAL."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "list",
                    "listing is refused: " + message(e),
                    "Archiving works without it; check, list-backup, verify and recover do not."));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("list", message(e), "Run it again."));
        }
    }

    void clocksAgree() {
        try {
            Instant before = clock.instant();
            scratch.create(2);
            Instant after = clock.instant();
            Optional<ObjectInfo> info = store.stat(scratch.key(2));
            if (info.isEmpty()) {
                results.add(SelfTestResult.broken(
                        "clock", "the store does not report an object that was just stored", "Do not use this store."));
                return;
            }
            Instant stored = info.get().stored();
            Duration apart = stored.isBefore(before)
                    ? Duration.between(stored, before)
                    : stored.isAfter(after) ? Duration.between(after, stored) : Duration.ZERO;
            String message = "the store's clock and this host's are " + apart.toSeconds() + " s apart";
            results.add(
                    apart.compareTo(CLOCK_TOLERANCE) <= 0
                            ? SelfTestResult.kept("clock", message)
                            : SelfTestResult.missing(
                                    "clock", message, "Set the clock: nothing is expired while they differ."));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "clock",
                    "cannot read the store's clock: " + message(e),
                    "Make sure that the clocks of the store and of this host agree."));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("clock", message(e), "Run it again."));
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
            results.add(SelfTestResult.kept("uploads", old + " unfinished uploads are older than a week"));
        } catch (StorageDenied e) {
            results.add(SelfTestResult.missing(
                    "uploads",
                    "unfinished uploads cannot be listed: " + message(e),
                    "Only a lifecycle rule of the store itself can then remove them."));
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("uploads", message(e), "Run it again."));
        }
    }

    private static String message(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
