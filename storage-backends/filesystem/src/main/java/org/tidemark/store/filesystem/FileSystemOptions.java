// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with {@code file:} addresses. */
public final class FileSystemOptions implements StoreDeclaration {
    static final StoreOption ACCESS = StoreOption.choice("access", "private", "group");

    private static final List<StoreOption> ALL = List.of(ACCESS);

    @Override
    public String scheme() {
        return "file";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.filesystem.FileSystemStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public void requireAddress(URI address) {
        FileSystemConfig.parse(address, Map.of());
    }
}
