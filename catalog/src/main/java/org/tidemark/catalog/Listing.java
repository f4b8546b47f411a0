// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/** The objects below a prefix in byte order of their keys, a page in memory. Not thread-safe. */
public final class Listing {
    /** Often one of the first objects after a key is the last that is needed. */
    private static final int FIRST_PAGE_AFTER = 16;

    /** The same, and those that differ from the key in its last character alone. */
    private static final int FIRST_PAGE_FROM = 64;

    private final ObjectStore store;
    private final String prefix;
    private Optional<ObjectKey> last;
    private int limit;
    private Iterator<ObjectInfo> page = Collections.emptyIterator();
    private boolean more = true;
    private @Nullable ObjectInfo next;

    private Listing(ObjectStore store, String prefix, Optional<ObjectKey> after, int limit) {
        this.store = store;
        this.prefix = prefix;
        this.last = after;
        this.limit = limit;
    }

    /**
     * All objects below a prefix.
     *
     * @param prefix ends with a slash, or is empty
     */
    public static Listing of(ObjectStore store, String prefix) {
        return of(store, prefix, ObjectStore.MAX_PAGE);
    }

    /** The same, where the first objects may be all that are needed. */
    public static Listing of(ObjectStore store, String prefix, int firstPage) {
        return new Listing(store, prefix, Optional.empty(), firstPage);
    }

    /** Like {@link #of}, but only the objects after a key. */
    public static Listing after(ObjectKey key, ObjectStore store, String prefix) {
        return new Listing(store, prefix, Optional.of(key), FIRST_PAGE_AFTER);
    }

    /** Like {@link #of}, but only the object of a key and those after it. */
    public static Listing from(ObjectKey key, ObjectStore store, String prefix) throws IOException {
        // A store lists what comes after a key: after one that is shorter come at most the keys that differ in the end.
        String shorter = key.value().substring(0, key.value().length() - 1);
        if (!ObjectKey.isKey(shorter)) {
            throw new IllegalArgumentException("a part of one character: '" + key + "'");
        }
        Listing listing = new Listing(store, prefix, Optional.of(new ObjectKey(shorter)), FIRST_PAGE_FROM);
        listing.find(key);
        return listing;
    }

    /** The next object; null after the last. */
    public @Nullable ObjectInfo next() throws IOException {
        ObjectInfo found = peek();
        next = null;
        return found;
    }

    /**
     * The object of this key, if it exists and was not given out. What comes before it is passed over, so keys are
     * asked for in rising order.
     */
    public Optional<ObjectInfo> find(ObjectKey key) throws IOException {
        ObjectInfo here = peek();
        while (here != null && here.key().compareTo(key) < 0) {
            next = null;
            here = peek();
        }
        return Optional.ofNullable(here).filter(object -> object.key().equals(key));
    }

    private @Nullable ObjectInfo peek() throws IOException {
        while (next == null && (page.hasNext() || more)) {
            if (page.hasNext()) {
                next = page.next();
                last = Optional.of(next.key());
            } else {
                ObjectPage read = store.list(prefix, last, limit);
                page = read.objects().iterator();
                more = read.more();
                limit = ObjectStore.MAX_PAGE;
            }
        }
        return next;
    }

    /** Takes one object. */
    public interface Visitor {
        void visit(ObjectInfo object) throws IOException;
    }

    /** Visits all objects below a prefix, which ends with a slash or is empty. */
    public static void visit(ObjectStore store, String prefix, Visitor visitor) throws IOException {
        Listing listing = of(store, prefix);
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            visitor.visit(object);
        }
    }

    /**
     * The distinct parts of keys between {@code prefix} and the next slash, in byte order of the keys. Does not list
     * what is in these folders.
     */
    public static List<String> folders(ObjectStore store, String prefix) throws IOException {
        List<String> names = new ArrayList<>();
        Optional<ObjectKey> after = Optional.empty();
        while (true) {
            ObjectPage page = store.list(prefix, after, 1);
            if (page.objects().isEmpty()) {
                return names;
            }
            ObjectKey first = page.objects().getFirst().key();
            int slash = first.value().indexOf('/', prefix.length());
            if (slash < 0) {
                after = Optional.of(first);
            } else {
                String folder = first.value().substring(0, slash);
                names.add(folder.substring(prefix.length()));
                after = Optional.of(afterFolder(folder));
            }
        }
    }

    /**
     * A key after everything in {@code folder} and before everything else that follows: '0' is the character after '/'.
     * It could only hide an object of exactly this key, and no object of a repository has a folder's name with a 0.
     */
    private static ObjectKey afterFolder(String folder) {
        return new ObjectKey(folder + "0");
    }
}
