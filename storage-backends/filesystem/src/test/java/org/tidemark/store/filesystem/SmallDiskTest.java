// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import org.tidemark.testkit.SmallDiskContract;

class SmallDiskTest extends SmallDiskContract {
    SmallDiskTest() {
        super(new LocalDirectories());
    }
}
