"""DICOM: the metadata of studies in a folder as ImagingStudy; the images stay where they are."""

from minkang.exchange.dicom.connector import Dicom

__all__ = ["Dicom"]
