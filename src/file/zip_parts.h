/* The sizes and marks of a ZIP file's parts. */
#ifndef PC_FILE_ZIP_PARTS_H
#define PC_FILE_ZIP_PARTS_H

enum { ZIP_HEADER = 30, ZIP_ENTRY = 46, ZIP_END = 22 };
enum { ZIP_HEADER_MARK = 0x04034b50, ZIP_ENTRY_MARK = 0x02014b50, ZIP_END_MARK = 0x06054b50 };
enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

#endif
