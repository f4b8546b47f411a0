// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * The notes about WAL of one incarnation that is missing on purpose: an expiry removed it, or a host dropped it before
 * it was archived. Thread-safe.
 */
public final class WalGaps {
    /** Each one more follows an expiry that joined notes meanwhile. */
    private static final int MOST_READINGS = 5;

    private final ObjectStore store;
    private final WalSegmentSize size;
    private final IncarnationKeys keys;

    WalGaps(ObjectStore store, ClusterIdentity identity) {
        this.store = store;
        this.size = identity.walSegmentSize();
        this.keys = identity.keys();
    }

    /** What expiry removed, in order of keys. One that cannot be read is left out: what it says is a hole then. */
    public List<RemovedWal> removed() throws IOException {
        return gaps(ObjectName.RemovedWal.class, RemovedWal::decode);
    }

    /** What hosts gave up, in order of keys. One that cannot be read is left out: it only says why there is a hole. */
    public List<GivenUpWal> givenUp() throws IOException {
        return gaps(ObjectName.GivenUpWal.class, GivenUpWal::decode);
    }

    /** Stores durably that WAL was dropped. The same range may be noted again. */
    public void noteGivenUp(GivenUpWal range) throws IOException {
        try {
            store.putIfAbsent(keys.givenUpWal(range.first(), range.last()), ObjectSource.of(range.encode()));
        } catch (ObjectExists e) {
            // It says the same.
        }
    }

    /** Reads the document of one gap. */
    private interface GapReader<G> {
        G decode(byte[] document, ObjectKey key) throws DamagedObjectException;
    }

    private <G> List<G> gaps(Class<? extends ObjectName> kind, GapReader<G> reader) throws IOException {
        for (int reading = 1; ; reading++) {
            List<G> gaps = new ArrayList<>();
            boolean replaced = false;
            Listing listing = Listing.of(store, keys.gaps());
            for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
                if (!kind.isInstance(ObjectName.parse(keys, object.key()))) {
                    continue;
                }
                try {
                    gaps.add(reader.decode(
                            ChecksummedJson.fetch(store, object.key(), ChecksummedJson.SMALL_BYTES), object.key()));
                } catch (ObjectMissing e) {
                    replaced = true;
                } catch (DamagedObjectException e) {
                    // Found by verify.
                }
            }
            // The note that replaced it may have come after this listing. A store that goes on listing deleted objects
            // is not asked forever.
            if (!replaced || reading == MOST_READINGS) {
                return gaps;
            }
        }
    }

    /**
     * Notes that WAL is about to be removed, before any of it is.
     *
     * @return false if another run had noted the same range, and may have removed some of it
     */
    public boolean noteRemoval(RemovedWal range) throws IOException {
        try {
            store.putIfAbsent(key(range), ObjectSource.of(range.encode()));
            return true;
        } catch (ObjectExists e) {
            return false;
        }
    }

    /** Takes back a note for which {@link #noteRemoval} gave true: the WAL stays. */
    public void retractRemoval(RemovedWal range) throws IOException {
        store.delete(List.of(key(range)));
    }

    /**
     * Makes one of the notes whose ranges touch, so that each timeline has few of them.
     *
     * @param before younger notes stay as they are: the run that set one may still take it back
     */
    public void joinRemovals(Instant before) throws IOException {
        List<RemovedWal> noted = new ArrayList<>(removed());
        noted.removeIf(each -> !each.at().isBefore(before));
        noted.sort(Comparator.comparing(RemovedWal::first));
        int next = 0;
        while (next < noted.size()) {
            RemovedWal whole = noted.get(next);
            List<ObjectKey> parts = new ArrayList<>();
            while (next < noted.size() && noted.get(next).touches(whole, size)) {
                whole = noted.get(next).and(whole);
                parts.add(key(noted.get(next)));
                next++;
            }
            if (parts.size() > 1) {
                noteRemoval(whole);
                parts.remove(key(whole));
                store.delete(parts);
            }
        }
    }

    private ObjectKey key(RemovedWal range) {
        return keys.removedWal(range.first(), range.last());
    }
}
