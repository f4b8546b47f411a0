// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BundleJournal;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * What earlier attempts at a full backup have stored before they failed, as this host remembers it. A part of a file is
 * not stored again if one of them has it, with the same checksums, in a bundle that is still in each repository.
 * Nothing of it is needed: what is forgotten or gone is stored again. Used by one thread, but {@link #find} by many.
 */
public final class EarlierAttempts implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EarlierAttempts.class.getName());

    /** An expiry removes what an attempt has left after seven days: by then, it sees that this backup refers to it. */
    private static final Duration USABLE = Duration.ofDays(3);

    private final FingerprintKey key;
    private final Remembered remembered;
    /** Empty once it cannot be written. */
    private Optional<BundleJournal> journal;

    /** Of its bundles, those that each repository has. */
    private final BitSet present = new BitSet();

    private EarlierAttempts(BundleJournal journal, FingerprintKey key, Remembered remembered) {
        this.journal = Optional.of(journal);
        this.key = key;
        this.remembered = remembered;
    }

    /**
     * Reads the journal of a cluster; empty if that fails, or if another process takes a backup of it.
     *
     * @param file is made if it does not exist
     * @param encryption the recipients of what is stored, or nothing
     * @param newKey if there is nothing that can be used
     */
    public static Optional<EarlierAttempts> read(Path file, String encryption, Instant now, FingerprintKey newKey) {
        try {
            Optional<BundleJournal> journal = BundleJournal.open(file);
            return journal.isPresent() ? Optional.of(read(journal.get(), encryption, now, newKey)) : Optional.empty();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "what is stored will not be remembered in '" + file + "'", e);
            return Optional.empty();
        }
    }

    private static EarlierAttempts read(BundleJournal journal, String encryption, Instant now, FingerprintKey newKey)
            throws IOException {
        boolean done = false;
        try {
            Remembered found = new Remembered(encryption, now.minus(USABLE));
            Optional<FingerprintKey> key = journal.read(found).filter(_ -> !found.bundles.isEmpty());
            found.complete();
            if (key.isEmpty()) {
                journal.begin(newKey);
            }
            done = true;
            return new EarlierAttempts(journal, key.orElse(newKey), found);
        } finally {
            if (!done) {
                journal.close();
            }
        }
    }

    /** The key of this backup. */
    public FingerprintKey key() {
        return key;
    }

    /** The attempts whose bundles the backup may refer to. */
    public List<BackupId> owners() {
        return remembered.bundles.stream()
                .map(each -> each.bundle().id())
                .distinct()
                .sorted()
                .toList();
    }

    /** The highest number of a bundle: those of the backup itself begin after it. */
    public int lastBundle() {
        return remembered.bundles.size();
    }

    /**
     * A bundle that an earlier attempt has stored.
     *
     * @param number in the manifest of this backup
     */
    public BundleRef bundle(int number) {
        return remembered.bundles.get(number - 1).bundle();
    }

    /**
     * Looks what is still there. To be called once the id of the backup is claimed: from then on an expiry leaves it.
     *
     * @param receivers one that fails takes no part any more
     * @return how much of PostgreSQL's data the backup can refer to, in bytes
     */
    public long begin(Intent intent, List<Receiver> receivers) {
        present.set(1, lastBundle() + 1);
        for (Receiver each : receivers) {
            try {
                present.and(present(each));
            } catch (IOException | UserFacingException e) {
                each.fail(e);
            }
        }
        write(to -> to.add(intent.id(), intent.nonce(), remembered.encryption));
        return present.stream().mapToLong(number -> bundle(number).live()).sum();
    }

    /** Which of the bundles a repository has. */
    private BitSet present(Receiver receiver) throws IOException {
        Map<ObjectKey, Long> sizes = new HashMap<>();
        BackupCatalog catalog = receiver.archive().backups();
        ObjectStore store = receiver.archive().repository().store();
        for (BackupId owner : owners()) {
            if (isAttempt(owner, catalog)) {
                Listing.visit(store, catalog.keys(owner).data(), object -> sizes.put(object.key(), object.sizeBytes()));
            }
        }
        BitSet found = new BitSet();
        for (int number = 1; number <= lastBundle(); number++) {
            BundleRef bundle = bundle(number);
            Long size = sizes.get(catalog.keys(bundle.id()).bundle(bundle.number()));
            boolean isThere = size != null && size == bundle.object().sizeBytes();
            found.set(number, isThere && remembered.isOfTheAttempt(number));
        }
        return found;
    }

    /** Whether the id is still that of the attempt, which has become no backup: a full one refers to none. */
    private boolean isAttempt(BackupId id, BackupCatalog catalog) throws IOException {
        return catalog.intent(id)
                        .filter(intent -> intent.nonce().equals(remembered.nonces.get(id)))
                        .isPresent()
                && catalog.entry(id)
                        .filter(entry -> entry instanceof CatalogEntry.Unpublished unpublished
                                && unpublished.stage() == CatalogEntry.Stage.UNFINISHED)
                        .isPresent();
    }

    /** Where a part of a file is stored, if it is. */
    public Optional<Piece> find(String path, Range range, PieceChecksums checksums) {
        return remembered.find(path, range, checksums, present);
    }

    /** A bundle of this backup is durable in each repository that takes part. */
    public void stored(BundleRef bundle, List<Frame> frames) {
        write(to -> to.add(bundle, frames));
    }

    /** All of the backup is stored: what it needs is written in the repository. */
    public void complete() {
        write(BundleJournal::clear);
    }

    /** Adds to a journal. */
    @FunctionalInterface
    private interface Entry {
        void write(BundleJournal journal) throws IOException;
    }

    /** A backup does not fail because its attempts cannot be remembered, for want of space for instance. */
    private void write(Entry entry) {
        if (journal.isPresent()) {
            try {
                entry.write(journal.get());
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "what is stored is no longer remembered", e);
                close();
            }
        }
    }

    @Override
    public void close() {
        if (journal.isPresent()) {
            try {
                journal.get().close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "the journal cannot be closed", e);
            }
            journal = Optional.empty();
        }
    }

    /** A bundle, and the nonce of the attempt that has stored it. */
    private record StoredBundle(BundleRef bundle, String nonce) {}

    /** What a journal says. */
    private static final class Remembered implements BundleJournal.Visitor {
        /** The part of Java's heap that the pieces may take; the rest is stored again. */
        private static final int PART_OF_HEAP = 8;

        private static final int PIECE_BYTES = 75;

        /** Of FNV-1a. */
        private static final long FACTOR = 0x100000001B3L;

        private static final long BASIS = 0xCBF29CE484222325L;

        private final String encryption;
        private final Instant from;
        private final long most = Runtime.getRuntime().maxMemory() / PART_OF_HEAP / PIECE_BYTES;
        private final Map<BackupId, String> nonces = new HashMap<>();
        private final List<StoredBundle> bundles = new ArrayList<>();
        private final PieceTable pieces = new PieceTable();
        /** Of each piece, the hash of its file and place: only the checksums say that it is the same. */
        private long[] places = new long[1024];

        /** Numbers of pieces plus 1, each at the first free slot after its place. */
        private int[] slots = new int[1];

        Remembered(String encryption, Instant from) {
            this.encryption = encryption;
            this.from = from;
        }

        @Override
        public void attempt(BackupId id, String nonce, String recipients) {
            if (!id.started().isBefore(from) && recipients.equals(encryption)) {
                nonces.put(id, nonce);
            }
        }

        /** Whether a bundle is of the attempt that has its id now: another repository may have had one of that id. */
        boolean isOfTheAttempt(int number) {
            StoredBundle stored = bundles.get(number - 1);
            return stored.nonce().equals(nonces.get(stored.bundle().id()));
        }

        @Override
        public void bundle(BundleRef bundle, List<Frame> frames) {
            @Nullable String nonce = nonces.get(bundle.id());
            if (nonce != null && pieces.size() < most) {
                bundles.add(new StoredBundle(bundle, nonce));
                for (Frame frame : frames) {
                    add(bundles.size(), frame);
                }
            }
        }

        private void add(int bundle, Frame frame) {
            int offset = 0;
            for (FramePart part : frame.parts()) {
                if (part.placement() instanceof Range(long at, int size)) {
                    if (places.length == pieces.size()) {
                        places = Arrays.copyOf(places, 2 * places.length);
                    }
                    places[pieces.size()] = place(part.path(), at);
                    pieces.add(
                            new Piece(bundle, frame.offset(), frame.length(), offset, at, size, part.checksums()), 0);
                }
                offset += part.size();
            }
        }

        private static long place(String path, long at) {
            long hash = (BASIS ^ at / Frame.MAX_DATA_BYTES) * FACTOR;
            for (int i = 0; i < path.length(); i++) {
                hash = (hash ^ path.charAt(i)) * FACTOR;
            }
            return hash;
        }

        /** To be called after the last piece. */
        void complete() {
            slots = new int[Integer.highestOneBit(Math.max(pieces.size(), 1)) << 2];
            for (int piece = 0; piece < pieces.size(); piece++) {
                int slot = slot(places[piece]);
                while (slots[slot] != 0) {
                    slot = next(slot);
                }
                slots[slot] = piece + 1;
            }
        }

        private int slot(long place) {
            return (int) (place ^ place >>> Integer.SIZE) & slots.length - 1;
        }

        private int next(int slot) {
            return slot + 1 & slots.length - 1;
        }

        Optional<Piece> find(String path, Range range, PieceChecksums checksums, BitSet present) {
            long place = place(path, range.at());
            for (int slot = slot(place); slots[slot] != 0; slot = next(slot)) {
                int piece = slots[slot] - 1;
                if (places[piece] == place
                        && pieces.at(piece) == range.at()
                        && pieces.size(piece) == range.sizeBytes()
                        && pieces.checksums(piece).equals(checksums)
                        && present.get(pieces.bundle(piece))) {
                    return Optional.of(pieces.piece(piece));
                }
            }
            return Optional.empty();
        }
    }
}
