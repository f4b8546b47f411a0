// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import org.tidemark.testkit.ForeignFilesContract;

class ForeignFilesTest extends ForeignFilesContract {
    ForeignFilesTest() {
        super(new LocalDirectories());
    }
}
