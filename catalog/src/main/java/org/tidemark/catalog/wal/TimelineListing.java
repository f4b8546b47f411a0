// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.Workers;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/**
 * Lists the WAL of one timeline, several parts at once. A store answers with a page, and the next page is asked for
 * with the last key of this one: ten million segments would be ten thousand answers to wait for. So what is longer than
 * a few pages is cut where logs begin. Thread-safe.
 */
final class TimelineListing {
    /** Listed one after another: most archives have no more, and the rest is cut by what these show. */
    private static final int FIRST_PAGES = 8;

    /** More connections than most stores keep open make nothing faster. */
    private static final int AT_ONCE = 16;

    /** The end of a part is found by reading up to a page too much, which should be little beside it. */
    private static final int PAGES_OF_A_PART = 16;

    private static final int MOST_PARTS = 512;
    private static final long LAST_LOG = 0xFFFF_FFFFL;
    private static final int LOG_DIGITS = 8;

    private final ObjectStore store;
    private final String folder;
    private final int page;
    private final Optional<ObjectKey> after;

    /**
     * All of a timeline.
     *
     * @param folder of the timeline, with its slash
     * @param page how many objects are asked for at once, 1 to {@link ObjectStore#MAX_PAGE}
     */
    TimelineListing(ObjectStore store, String folder, int page) {
        this(store, folder, page, Optional.empty());
    }

    /**
     * A part of a timeline.
     *
     * @param after only the objects after this key
     */
    TimelineListing(ObjectStore store, String folder, int page, Optional<ObjectKey> after) {
        this.store = store;
        this.folder = folder;
        this.page = page;
        this.after = after;
    }

    /**
     * Visits every object once.
     *
     * @param visitors makes a visitor for each part; each visitor is used by one thread
     * @return the visitors in the order of the parts: each has seen its objects in rising order, and all of them before
     *     those of the next
     */
    <V extends Listing.Visitor> List<V> visit(Supplier<V> visitors) throws IOException {
        List<V> used = new ArrayList<>();
        V alone = visitors.get();
        used.add(alone);
        Optional<ObjectKey> first = Optional.empty();
        Optional<ObjectKey> last = after;
        for (int i = 0; i < FIRST_PAGES; i++) {
            ObjectPage read = store.list(folder, last, page);
            for (ObjectInfo object : read.objects()) {
                alone.visit(object);
            }
            if (!read.more()) {
                return used;
            }
            first = first.or(() -> Optional.of(read.objects().getFirst().key()));
            last = Optional.of(read.objects().getLast().key());
        }
        try (Workers workers = new Workers("listing WAL", AT_ONCE)) {
            for (Part part : cut(first.orElseThrow(), last.orElseThrow())) {
                V visitor = visitors.get();
                used.add(visitor);
                workers.submit(() -> visit(part, visitor));
            }
            workers.await();
        }
        return used;
    }

    /** @param end no key of the part is greater; empty for the last part */
    private record Part(ObjectKey after, Optional<ObjectKey> end) {}

    private void visit(Part part, Listing.Visitor visitor) throws IOException {
        ObjectKey last = part.after();
        while (true) {
            ObjectPage read = store.list(folder, Optional.of(last), page);
            for (ObjectInfo object : read.objects()) {
                if (part.end().isPresent() && object.key().compareTo(part.end().get()) > 0) {
                    return;
                }
                visitor.visit(object);
            }
            if (!read.more()) {
                return;
            }
            last = read.objects().getLast().key();
        }
    }

    /**
     * What follows a key, in parts.
     *
     * @param first the first key, by which it is known how many logs the first pages hold
     */
    private List<Part> cut(ObjectKey first, ObjectKey last) throws IOException {
        OptionalLong here = log(last);
        if (here.isEmpty()) {
            return List.of(new Part(last, Optional.empty())); // A stray beside the logs, which come in no known order.
        }
        long from = here.getAsLong();
        long end = end(from);
        long logs = from - log(first).orElse(0) + 1;
        long step = Math.max(logs * PAGES_OF_A_PART / FIRST_PAGES, (end - from) / MOST_PARTS + 1);
        List<Part> parts = new ArrayList<>();
        ObjectKey begin = last;
        for (long log = from + step; log < end; log += step) {
            parts.add(new Part(begin, Optional.of(begin(log))));
            begin = begin(log);
        }
        parts.add(new Part(begin, Optional.empty()));
        return parts;
    }

    /** A log after the last one, and not much further than needed. */
    private long end(long from) throws IOException {
        long inside = from;
        long distance = 16;
        while (from + distance <= LAST_LOG && isAnyFrom(from + distance)) {
            inside = from + distance;
            distance *= 2;
        }
        long outside = Math.min(from + distance, LAST_LOG + 1);
        while (outside - inside > Math.max(1, (inside - from) / 16)) {
            long middle = (inside + outside) / 2;
            if (isAnyFrom(middle)) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        return outside;
    }

    private boolean isAnyFrom(long log) throws IOException {
        return !store.list(folder, Optional.of(begin(log)), 1).objects().isEmpty();
    }

    /** A key before every object of a log and after those of the log before it. */
    private ObjectKey begin(long log) {
        return new ObjectKey(folder + HexFormat.of().withUpperCase().toHexDigits((int) log));
    }

    /** The log in whose folder an object is. */
    private OptionalLong log(ObjectKey key) {
        int end = folder.length() + LOG_DIGITS;
        String text = key.value();
        if (text.length() <= end || text.charAt(end) != '/') {
            return OptionalLong.empty();
        }
        String digits = text.substring(folder.length(), end);
        return WalNames.isHex(digits) ? OptionalLong.of(Long.parseLong(digits, 16)) : OptionalLong.empty();
    }
}
