// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import org.tidemark.testkit.AbandonedFilesContract;

class FileSystemUnfinishedUploadsTest extends AbandonedFilesContract {
    FileSystemUnfinishedUploadsTest() {
        super(new LocalDirectories());
    }
}
