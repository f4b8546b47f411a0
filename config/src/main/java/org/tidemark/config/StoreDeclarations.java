// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.WriteRefusingStore;

/**
 * The declarations of all kinds of stores. A WAL command asks only for the kinds that its repositories use. The
 * declaration classes of the included stores are named here: searching every library for them would cost a WAL command
 * more than the rest of its start. A test compares these names with the result of such a search.
 */
public final class StoreDeclarations {
    private static final Map<String, String> KNOWN = new TreeMap<>(Map.of(
            "azure", "azure.AzureOptions",
            "file", "filesystem.FileSystemOptions",
            "gs", "gcs.GcsOptions",
            "rsync", "rsync.RsyncOptions",
            "rsync+ssh", "rsync.RsyncSshOptions",
            "s3", "s3.S3Options",
            "sftp", "sftp.SftpOptions",
            "swift", "swift.SwiftOptions"));

    private static final Map<String, StoreDeclaration> LOADED = new ConcurrentHashMap<>();

    private StoreDeclarations() {}

    /** The declaration of the store that opens addresses of a scheme; empty for an unknown scheme. */
    public static Optional<StoreDeclaration> of(String scheme) {
        String known = KNOWN.get(scheme);
        if (known != null) {
            // No lambdas here or in the callers: the first one costs a WAL command milliseconds.
            StoreDeclaration loaded = LOADED.get(scheme);
            if (loaded == null) {
                loaded = load("org.tidemark.store." + known);
                LOADED.put(scheme, loaded);
            }
            return Optional.of(loaded);
        }
        for (StoreDeclaration found : ServiceLoader.load(StoreDeclaration.class)) {
            if (found.scheme().equals(scheme)) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    /** Every scheme of an address that this installation can open. */
    public static Set<String> schemes() {
        Set<String> schemes = new TreeSet<>(KNOWN.keySet());
        for (StoreDeclaration found : ServiceLoader.load(StoreDeclaration.class)) {
            schemes.add(found.scheme());
        }
        return schemes;
    }

    /** The schemes of the stores that the program comes with. */
    static Set<String> knownSchemes() {
        return KNOWN.keySet();
    }

    /** The option of any store that the program comes with. */
    public static Optional<StoreOption> option(String name) {
        return Optional.ofNullable(options().get(name));
    }

    /** The options of all stores that the program comes with, by name. */
    static Map<String, StoreOption> options() {
        Map<String, StoreOption> options = new LinkedHashMap<>();
        options.put(WriteRefusingStore.OPTION.name(), WriteRefusingStore.OPTION);
        for (String scheme : KNOWN.keySet()) {
            for (StoreOption option : of(scheme).orElseThrow().options()) {
                options.putIfAbsent(option.name(), option);
            }
        }
        return options;
    }

    private static StoreDeclaration load(String name) {
        try {
            return Class.forName(name)
                    .asSubclass(StoreDeclaration.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new IllegalStateException("the installation is incomplete: " + name, e);
        }
    }
}
