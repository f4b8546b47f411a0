// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

class FileSystemConfigTest {
    @Test
    void anAddressIsAnAbsolutePath() {
        assertThat(FileSystemConfig.parse(URI.create("file:///var/lib/../lib/tidemark/"), Map.of()))
                .isEqualTo(new FileSystemConfig(Path.of("/var/lib/tidemark"), FileSystemAccess.PRIVATE));
        assertThat(FileSystemConfig.parse(URI.create("file:///with%20space"), Map.of("access", "group")))
                .isEqualTo(new FileSystemConfig(Path.of("/with space"), FileSystemAccess.GROUP));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:relative",
                "file://host/dir",
                "s3://bucket/dir",
                "/dir",
                "file:///dir?x=1",
                "file:///dir#x",
                "file:///",
                "file:///.."
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FileSystemConfig.parse(URI.create(address), Map.of()))
                .withMessageContaining("expected");
    }

    @Test
    void anUnknownAccessIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FileSystemConfig.parse(URI.create("file:///dir"), Map.of("access", "all")))
                .withMessageContaining("'all'")
                .withMessageContaining("expected one of [private, group]");
    }

    @Test
    void theProviderIsFoundByItsScheme() {
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().equals("file"))
                .singleElement()
                .satisfies(store -> assertThat(store.provider()).isEqualTo(FileSystemStoreProvider.class.getName()))
                .satisfies(store -> assertThat(store.options())
                        .extracting(StoreOption::name)
                        .containsExactly("access"));
        assertThat(new FileSystemStoreProvider()
                        .open(URI.create("file:///x/y"), Map.of())
                        .description())
                .isEqualTo("file:///x/y");
    }
}
