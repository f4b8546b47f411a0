// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Reads what is accepted in place of an object: the repaired copy of a damaged one, and what replaces content that an
 * operator rejected. A copy is believed only if the object itself is not sound, since everybody who may store can store
 * one (docs/adr/0084-believed-repairs.md). The copies and rejections of an incarnation, of which there are nearly
 * always none, are listed when the first object of it is read. Thread-safe.
 */
public final class RepairedStore extends DelegatingStore {
    /** A process that works for long notices later what others store meanwhile. */
    static final Duration LONGEST_BELIEVED = Duration.ofSeconds(30);

    /** Another process may repair the same object. */
    private static final int MAX_TRIES = 100;

    /** If so many copies of one object are not believed, one more is not either. */
    private static final int MOST_COPIES = 10;

    private static final int MAX_CAUSES = 10;

    private final ObjectStore store;
    private final long validNanos;
    private final Map<IncarnationKeys, Listed> incarnations = new ConcurrentHashMap<>();
    private final Map<ObjectKey, Choice> choices = new ConcurrentHashMap<>();
    private final AtomicInteger changes = new AtomicInteger();
    private final Soundness soundness;

    /** What was listed of an incarnation at one moment. */
    private record Listed(Map<ObjectKey, Latest> names, long atNanos) {}

    /**
     * What counts under one name.
     *
     * @param number the highest of its copies and rejections
     * @param copy what is read in place of the object; null if all that is stored is rejected
     * @param sizeBytes of the copy
     * @param stored when the highest was stored
     * @param isReplaced whether anything was ever rejected
     * @param row by the numbers of all copies and rejections: the size of the copy; {@link #NO_COPY} without one
     */
    private record Latest(
            int number,
            @Nullable ObjectKey copy,
            long sizeBytes,
            Instant stored,
            boolean isReplaced,
            SortedMap<Integer, Long> row) {
        static final long NO_COPY = -1;

        boolean isRejected() {
            return copy == null;
        }

        /** A rejection counts after a copy of the same number, whose writer did not know of it. */
        Latest and(Latest other) {
            boolean isOtherLater = other.number != number ? other.number > number : other.isRejected();
            Latest last = isOtherLater ? other : this;
            SortedMap<Integer, Long> all = new TreeMap<>(row);
            other.row.forEach((each, size) -> all.merge(each, size, Math::max));
            return new Latest(last.number, last.copy, last.sizeBytes, last.stored, isReplaced || other.isReplaced, all);
        }
    }

    /**
     * What is read under a name that has copies.
     *
     * @param among of which copies it was chosen
     * @param isKnown whether all that comes before it could be read; otherwise the choice is not believed for long
     */
    private record Choice(Latest among, ObjectKey at, long sizeBytes, boolean isKnown, long atNanos) {}

    /** A view of {@code store} for one operation. */
    public RepairedStore(ObjectStore store) {
        this(store, LONGEST_BELIEVED);
    }

    /**
     * A view of {@code store} for a process that works for long.
     *
     * @param valid for how long a listing of the copies is believed
     */
    public RepairedStore(ObjectStore store, Duration valid) {
        super(store);
        this.store = store;
        this.validNanos = valid.toNanos();
        this.soundness = new Soundness(store, this);
    }

    /** Whether there is a copy of an object. */
    public boolean isRepaired(ObjectKey key) throws StorageException {
        return latest(key).filter(latest -> !latest.isRejected()).isPresent();
    }

    /** Whether all that is stored under a name is rejected, so that the name is free. */
    public boolean isRejected(ObjectKey key) throws StorageException {
        return latest(key).filter(Latest::isRejected).isPresent();
    }

    /** The highest number of the copies and rejections of an object; 0 if it has none. */
    public int number(ObjectKey key) throws StorageException {
        return latest(key).map(Latest::number).orElse(0);
    }

    /** Lists again what is known of any incarnation. */
    public void look() throws StorageException {
        for (IncarnationKeys incarnation : incarnations.keySet()) {
            list(incarnation);
        }
    }

    /** How many listings differed from the one before them. */
    public int changes() {
        return changes.get();
    }

    /**
     * Stores a copy of a damaged object, which stays as it is. The copy is read from now on.
     *
     * @param source compares what it gives with a digest
     */
    public void repair(ObjectKey key, ObjectSource source) throws StorageException {
        IncarnationKeys incarnation = incarnation(key);
        Optional<Latest> latest = latest(key);
        if (latest.isPresent() && latest.get().row().size() >= MOST_COPIES) {
            throw new StorageUnavailable(
                    "'" + key + "' has " + latest.get().row().size() + " repaired copies, and none of them is believed",
                    "Find out who stored them: they are in the folder repaired. See docs/archive/security.md.",
                    null);
        }
        int number = latest.map(RepairedStore::next).orElse(1);
        for (int i = 0; ; i++) {
            ObjectKey to = incarnation.repaired(key, number + i);
            try {
                store.putIfAbsent(to, source);
                incarnations.remove(incarnation);
                return;
            } catch (ObjectExists e) {
                if (i == MAX_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** The next number; if somebody has taken the highest one, the lowest that is free. */
    private static int next(Latest latest) {
        int free = 1;
        while (latest.row().containsKey(free)) {
            free++;
        }
        return latest.number() < IncarnationKeys.MAX_NUMBER - MAX_TRIES ? latest.number() + 1 : free;
    }

    private static IncarnationKeys incarnation(ObjectKey key) {
        return IncarnationKeys.of(key)
                .orElseThrow(() -> new IllegalArgumentException("not an object of an incarnation: '" + key + "'"));
    }

    /**
     * Rejects what is stored under a name: from now on nothing is, and the next content is stored beside it. Nothing is
     * deleted. Where it is rejected already, nothing is done: the next content may arrive at this moment.
     *
     * @throws ObjectExists if another process decided about this name at the same time
     */
    public void reject(ObjectKey key, RejectedContent rejected) throws StorageException {
        IncarnationKeys incarnation = incarnation(key);
        incarnations.remove(incarnation);
        Optional<Latest> latest = latest(key);
        if (latest.isPresent() && latest.get().isRejected()) {
            return;
        }
        int number = latest.map(Latest::number).orElse(0) + 1;
        store.putIfAbsent(incarnation.rejection(key, number), ObjectSource.of(rejected.encode()));
        incarnations.remove(incarnation);
    }

    /** Who rejected what is stored under a name; empty if it is not rejected. */
    public Optional<RejectedContent> rejection(ObjectKey key) throws IOException {
        Optional<Latest> latest = latest(key);
        if (latest.isEmpty() || !latest.get().isRejected()) {
            return Optional.empty();
        }
        ObjectKey document = incarnation(key).rejection(key, latest.get().number());
        return Optional.of(
                RejectedContent.decode(ChecksummedJson.fetch(store, document, ChecksummedJson.SMALL_BYTES), document));
    }

    /**
     * Stores content under a name whose content is rejected. What was rejected is not stored again.
     *
     * @param plain the digest of the content
     * @return false if the name is not free, now at the latest
     * @throws RejectedAgainException if this is the content that was rejected
     */
    public boolean replace(ObjectKey key, ObjectSource source, Sha256 plain) throws IOException {
        IncarnationKeys incarnation = incarnation(key);
        incarnations.remove(incarnation);
        Optional<RejectedContent> rejected = rejection(key);
        if (rejected.isEmpty()) {
            return false;
        }
        if (rejected.get().content().filter(plain::equals).isPresent()) {
            throw new RejectedAgainException(key, rejected.get());
        }
        int number = latest(key).map(Latest::number).orElse(0) + 1;
        try {
            store.putIfAbsent(incarnation.repaired(key, number), source);
            return true;
        } catch (ObjectExists e) {
            return false;
        } finally {
            incarnations.remove(incarnation);
        }
    }

    /** Content was to be stored that an operator had rejected under its name. */
    public static final class RejectedAgainException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient RejectedContent rejected;

        RejectedAgainException(ObjectKey key, RejectedContent rejected) {
            super("'" + key + "' " + rejected);
            this.rejected = rejected;
        }

        /** Who rejected it. */
        public RejectedContent rejected() {
            return rejected;
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Optional<Latest> latest = latest(key);
        if (latest.isEmpty()) {
            return store.open(key, range);
        }
        ObjectKey copy = latest.get().copy();
        // An expiry removes both; what is left of it is no object.
        Optional<ObjectInfo> object = copy == null ? Optional.empty() : store.stat(key);
        if (copy == null || object.isEmpty()) {
            throw new ObjectMissing(key, description());
        }
        return store.open(
                latest.get().isReplaced()
                        ? copy
                        : choice(object.get(), latest.get()).at(),
                range);
    }

    /**
     * The object and its copies are read once, in this order, up to the first that is sound.
     *
     * @throws StorageException if one cannot be asked: what a store does not give at this moment may be whole
     */
    private synchronized Choice choice(ObjectInfo object, Latest latest) throws StorageException {
        long now = System.nanoTime();
        Choice before = choices.get(object.key());
        if (before != null
                && before.among().equals(latest)
                && (before.isKnown() || now - before.atNanos() < LONGEST_BELIEVED.toNanos())) {
            return before;
        }
        Choice choice = choose(object, latest, now);
        choices.put(object.key(), choice);
        return choice;
    }

    private Choice choose(ObjectInfo object, Latest latest, long now) throws StorageException {
        ObjectKey key = object.key();
        IncarnationKeys incarnation = incarnation(key);
        ObjectName.OfIncarnation name = ObjectName.parse(incarnation, key);
        boolean isKnown = true;
        Map<ObjectKey, Long> inTurn = new LinkedHashMap<>(Map.of(key, object.sizeBytes()));
        latest.row().forEach((number, size) -> inTurn.put(incarnation.repaired(key, number), size));
        for (Map.Entry<ObjectKey, Long> each : inTurn.entrySet()) {
            try {
                switch (soundness.ask(name, each.getKey(), each.getValue())) {
                    case SOUND -> {
                        return new Choice(latest, each.getKey(), each.getValue(), isKnown, now);
                    }
                    case DAMAGED -> {} // the next one
                    case NO_DIGEST -> {
                        // Nobody can tell, so what was stored under the name itself counts, until a digest is found.
                        return new Choice(latest, key, object.sizeBytes(), false, now);
                    }
                    case NO_LIST -> isKnown = false;
                }
            } catch (UserFacingException e) {
                if (each.getKey().equals(key)) {
                    throw e; // it is of a newer format
                }
            } catch (IOException e) {
                if (!isBadSector(e)) {
                    throw e instanceof StorageException storage
                            ? storage
                            : new StorageUnavailable("cannot read '" + each.getKey() + "': " + e.getMessage(), e);
                }
                isKnown = false;
            }
        }
        return new Choice(latest, Objects.requireNonNull(latest.copy()), latest.sizeBytes(), isKnown, now);
    }

    /** A disk that cannot read what it holds will not read it later; every other failure may pass. */
    private static boolean isBadSector(IOException problem) {
        @Nullable Throwable at = problem;
        for (int depth = 0; at != null && depth < MAX_CAUSES; depth++) {
            if (String.valueOf(at.getMessage()).equals("Input/output error")) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        Optional<ObjectInfo> found = store.stat(key);
        return found.isPresent() ? accepted(found.get()) : found;
    }

    /** Pages that have nothing but rejected objects are passed over. */
    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage page = store.list(prefix, after, limit);
        while (!page.objects().isEmpty()) {
            Optional<IncarnationKeys> first =
                    IncarnationKeys.of(page.objects().getFirst().key());
            boolean ofOneIncarnation = first.filter(incarnation -> prefix.startsWith(incarnation.prefix()))
                    .isPresent();
            if (ofOneIncarnation && names(first.get()).isEmpty()) {
                return page;
            }
            List<ObjectInfo> objects = new ArrayList<>();
            for (ObjectInfo object : page.objects()) {
                accepted(object).ifPresent(objects::add);
            }
            if (!objects.isEmpty() || !page.more()) {
                return new ObjectPage(objects, page.more());
            }
            page = store.list(prefix, Optional.of(page.objects().getLast().key()), limit);
        }
        return page;
    }

    /**
     * When an object was stored first tells how old WAL is, and a copy of it does not change that. Other content has
     * its own time.
     */
    private Optional<ObjectInfo> accepted(ObjectInfo object) throws StorageException {
        Optional<Latest> found = latest(object.key());
        if (found.isEmpty()) {
            return Optional.of(object);
        }
        Latest latest = found.get();
        if (latest.isRejected()) {
            return Optional.empty();
        }
        if (latest.isReplaced()) {
            return Optional.of(new ObjectInfo(object.key(), latest.sizeBytes(), latest.stored()));
        }
        // A listing reads nothing where it makes no difference.
        boolean isAlike = latest.row().size() == 1 && latest.sizeBytes() == object.sizeBytes();
        return Optional.of(
                isAlike
                        ? object
                        : new ObjectInfo(object.key(), choice(object, latest).sizeBytes(), object.stored()));
    }

    /**
     * A copy of a damaged object goes before it: without its object, it would not be found again. Rejected content goes
     * before what says so, since it must not be read if this is cut off.
     */
    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> before = new ArrayList<>();
        List<ObjectKey> after = new ArrayList<>();
        for (ObjectKey key : keys) {
            Optional<Latest> latest = latest(key);
            if (latest.isPresent()) {
                IncarnationKeys incarnation = incarnation(key);
                List<ObjectKey> copies = latest.get().isReplaced() ? after : before;
                for (int number : latest.get().row().keySet()) {
                    copies.add(incarnation.repaired(key, number));
                    copies.add(incarnation.rejection(key, number));
                }
            }
        }
        if (!before.isEmpty()) {
            store.delete(before);
        }
        store.delete(keys);
        if (!after.isEmpty()) {
            store.delete(after);
        }
    }

    private Optional<Latest> latest(ObjectKey key) throws StorageException {
        Optional<IncarnationKeys> incarnation = IncarnationKeys.of(key);
        return incarnation.isEmpty() || key.value().startsWith(incarnation.get().repaired())
                ? Optional.empty()
                : Optional.ofNullable(names(incarnation.get()).get(key));
    }

    private Map<ObjectKey, Latest> names(IncarnationKeys incarnation) throws StorageException {
        Listed known = incarnations.get(incarnation);
        return known != null && System.nanoTime() - known.atNanos() < validNanos ? known.names() : list(incarnation);
    }

    private Map<ObjectKey, Latest> list(IncarnationKeys incarnation) throws StorageException {
        long now = System.nanoTime();
        Map<ObjectKey, Latest> found = new HashMap<>();
        Optional<ObjectKey> after = Optional.empty();
        boolean more = true;
        while (more) {
            ObjectPage page = store.list(incarnation.repaired(), after, MAX_PAGE);
            for (ObjectInfo object : page.objects()) {
                note(incarnation, object, found);
                after = Optional.of(object.key());
            }
            more = page.more();
        }
        Listed before = incarnations.put(incarnation, new Listed(found, now));
        if (before != null && !before.names().equals(found)) {
            changes.incrementAndGet();
        }
        return found;
    }

    private static void note(IncarnationKeys incarnation, ObjectInfo object, Map<ObjectKey, Latest> found) {
        ObjectName.OfIncarnation name = ObjectName.parse(incarnation, object.key());
        if (name instanceof ObjectName.Repaired copy) {
            found.merge(
                    copy.original(),
                    new Latest(
                            copy.number(),
                            object.key(),
                            object.sizeBytes(),
                            object.stored(),
                            false,
                            new TreeMap<>(Map.of(copy.number(), object.sizeBytes()))),
                    Latest::and);
        } else if (name instanceof ObjectName.Rejection rejection) {
            found.merge(
                    rejection.original(),
                    new Latest(
                            rejection.number(),
                            null,
                            0,
                            object.stored(),
                            true,
                            new TreeMap<>(Map.of(rejection.number(), Latest.NO_COPY))),
                    Latest::and);
        }
    }
}
