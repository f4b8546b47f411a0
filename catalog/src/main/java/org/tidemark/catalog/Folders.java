// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/** Looks for the next part of keys without listing what lies below it. */
public final class Folders {
    private Folders() {}

    /** The distinct parts that follow {@code prefix} with a slash behind them, in byte order of their keys. */
    public static List<String> below(ObjectStore store, String prefix) throws IOException {
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
                after = Optional.of(behind(folder));
            }
        }
    }

    /**
     * A key behind everything in {@code folder} and before everything else that follows: '0' is the character behind
     * '/'. It could only hide an object of exactly this key, and no object of a repository has a folder's name with a
     * 0.
     */
    static ObjectKey behind(String folder) {
        return new ObjectKey(folder + "0");
    }
}
