// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.tidemark.store.Operation;

class BoundedTasksTest {
    private final AzureErrors errors = new AzureErrors(AzureAddress.parse(URI.create("azure://acme/backups")));

    @Test
    void whateverEndsAPartEndsTheOperation() {
        try (BoundedTasks tasks = new BoundedTasks(2, errors, Operation.DELETE, "")) {
            assertThatThrownBy(() -> {
                        tasks.start(() -> {
                            throw new NoClassDefFoundError("made up");
                        });
                        tasks.join();
                    })
                    .isInstanceOf(NoClassDefFoundError.class);
        }
    }
}
