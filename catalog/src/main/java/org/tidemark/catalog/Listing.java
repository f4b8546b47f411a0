// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/** Lists the objects below a prefix, a page at a time, or its folders alone. */
public final class Listing {
    /** Takes one object. */
    public interface Visitor {
        void visit(ObjectInfo object) throws IOException;
    }

    private Listing() {}

    /**
     * Visits the objects in byte order of their keys.
     *
     * @param prefix ends with a slash, or is empty
     */
    public static void visit(ObjectStore store, String prefix, Visitor visitor) throws IOException {
        Optional<ObjectKey> after = Optional.empty();
        boolean more = true;
        while (more) {
            ObjectPage page = store.list(prefix, after, ObjectStore.MAX_PAGE);
            for (ObjectInfo object : page.objects()) {
                visitor.visit(object);
                after = Optional.of(object.key());
            }
            more = page.more();
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
                after = Optional.of(after(folder));
            }
        }
    }

    /**
     * A key after everything in {@code folder} and before everything else that follows: '0' is the character after '/'.
     * It could only hide an object of exactly this key, and no object of a repository has a folder's name with a 0.
     */
    static ObjectKey after(String folder) {
        return new ObjectKey(folder + "0");
    }
}
