// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import org.tidemark.testkit.UnfinishedUploadsContract;

class FileSystemUnfinishedUploadsTest extends UnfinishedUploadsContract {
    FileSystemUnfinishedUploadsTest() {
        super(new LocalDirectories());
    }
}
