// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * Objects of a page to come, and directories that may hold some, in byte order: a directory stands at its name with a
 * slash. What comes behind enough objects is dropped, so that this holds a page, however long a listing is. Not
 * thread-safe.
 */
final class Places {
    private final String prefix;
    private final String after;
    private final int enough;
    private final TreeMap<String, Optional<ObjectInfo>> places = new TreeMap<>();
    private int objects;

    Places(String prefix, String after, int enough) {
        this.prefix = prefix;
        this.after = after;
        this.enough = enough;
    }

    /** An empty one for the same page. */
    Places like() {
        return new Places(prefix, after, enough);
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    Map.Entry<String, Optional<ObjectInfo>> takeFirst() {
        Map.Entry<String, Optional<ObjectInfo>> first = places.firstEntry();
        places.remove(first.getKey());
        objects -= first.getValue().isPresent() ? 1 : 0;
        return first;
    }

    void addDirectory(String directory) {
        put(directory, Optional.empty());
    }

    /**
     * Adds what was listed, if it is wanted. Names that cannot be keys are not ours.
     *
     * @param directories whether what is in a directory is still to be listed
     * @return false if it has the name of a key and is nothing that a store holds
     */
    boolean add(ListedFile file, boolean directories) {
        String path = file.path();
        if (!ObjectKey.isKey(path) || !path.startsWith(prefix)) {
            return true;
        }
        if (file.isDirectory()) {
            String directory = path + "/";
            if (directories && (directory.compareTo(after) > 0 || after.startsWith(directory))) {
                addDirectory(directory);
            }
            return true;
        }
        if (file.isFile() && path.compareTo(after) > 0) {
            put(path, Optional.of(new ObjectInfo(new ObjectKey(path), file.sizeBytes(), file.modified())));
        }
        return file.isFile();
    }

    void addAll(Places others) {
        others.places.forEach(this::put);
    }

    private void put(String place, Optional<ObjectInfo> object) {
        boolean isNew = places.put(place, object) == null;
        objects += isNew && object.isPresent() ? 1 : 0;
        while (objects > enough) {
            objects -= places.pollLastEntry().getValue().isPresent() ? 1 : 0;
        }
    }
}
