// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import org.tidemark.testkit.AbandonedFilesContract;

class AbandonedFilesTest extends AbandonedFilesContract {
    AbandonedFilesTest() {
        super(new LocalDirectories());
    }
}
