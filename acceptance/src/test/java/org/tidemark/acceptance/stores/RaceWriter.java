// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;

/**
 * A process that writes into a store whenever it is told to: each line of its input is a key, and each line of its
 * output says whether its own content was stored under it.
 */
public final class RaceWriter {
    static final String WON = "won";
    static final String LOST = "lost";
    static final String READY = "ready";

    private RaceWriter() {}

    static byte[] content(int writer, int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) ('A' + writer));
        return bytes;
    }

    /** Arguments: a file with the address and the options of the store, the writer's number, the size in bytes. */
    public static void main(String[] arguments) throws IOException {
        byte[] own = content(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        try (ObjectStore store = StoreProcess.open(Path.of(arguments[0]));
                BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            // Its classes are loaded before the first race.
            store.stat(new ObjectKey("race/none"));
            System.out.println(READY);
            for (String key = orders.readLine(); key != null; key = orders.readLine()) {
                System.out.println(put(store, new ObjectKey(key), own));
            }
        }
    }

    private static String put(ObjectStore store, ObjectKey key, byte[] own) {
        try {
            store.putIfAbsent(key, ObjectSource.of(own));
            return WON;
        } catch (ObjectExists e) {
            return LOST;
        } catch (IOException e) {
            return "error " + e;
        }
    }
}
